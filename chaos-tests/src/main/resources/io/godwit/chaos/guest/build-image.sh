#!/bin/sh
# Makes the lab's guest from Debian packages, without installing any of them.
#   build-image.sh RECIPE OUT   RECIPE: the folder of this script; OUT: is created with kernel, initrd, versions
set -eu
recipe=$(cd "$1" && pwd)
out=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/godwit-guest.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
say() { echo "guest image: $*" >&2; }

# The cloud kernel is behind a package without content that depends on the newest version.
find_kernel() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image-[0-9]/ { print $2; exit }'
}
kernel_package=$(find_kernel)
if [ -z "$kernel_package" ]; then
  say "refreshing the package lists"
  apt-get update -qq >&2
  kernel_package=$(find_kernel)
fi
[ -n "$kernel_package" ] || { say "no package linux-image-cloud-amd64: the guest is made on Debian, amd64"; exit 1; }

say "downloading $kernel_package, busybox-static, perl-base, libc6, libcrypt1"
chmod 755 "$work"
cd "$work"
packages="$kernel_package busybox-static perl-base libc6 libcrypt1"
# shellcheck disable=SC2086 # a list of names
apt-get download -qq $packages >&2 || { apt-get update -qq >&2; apt-get download -qq $packages >&2; }
for package in *.deb; do
  dpkg-deb -x "$package" "$work/all"
done

root=$work/root
mkdir -p "$root/bin" "$root/modules" "$root/workload" "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/lib64"
cp "$work"/all/bin/busybox "$root/bin/busybox"
for name in sh mount insmod cat cut ip mkdir sleep sync poweroff ls ps kill dmesg ping; do
  ln -s busybox "$root/bin/$name"
done
cp "$work"/all/usr/bin/perl "$root/bin/perl"

libraries=$root/lib/x86_64-linux-gnu
mkdir -p "$libraries"
for library in libc.so.6 libm.so.6 libcrypt.so.1; do
  cp -L "$(find "$work/all" -name "$library" | head -n 1)" "$libraries/$library"
done
cp -L "$(find "$work/all" -name ld-linux-x86-64.so.2 | head -n 1)" "$root/lib64/ld-linux-x86-64.so.2"
perl_from=$work/all/usr/lib/x86_64-linux-gnu/perl-base
perl_to=$root/usr/lib/x86_64-linux-gnu/perl-base
mkdir -p "$perl_to"
cp -r "$perl_from/." "$perl_to"
rm -rf "$perl_to/unicore"

# Puts a module behind those it depends on, which its own header names. Hyphen and underscore mean the same there.
add_module() {
  pattern=$(echo "$1" | sed 's/[-_]/[-_]/g')
  grep -qx "$pattern.ko" "$root/modules/order" && return
  file=$(find "$work/all/lib/modules" "$work/all/usr/lib/modules" -name "$pattern.ko*" 2>/dev/null | head -n 1)
  [ -n "$file" ] || return 0 # built into this kernel
  base=$(basename "$file" | sed 's/\.ko.*//')
  case $file in
    *.xz) xz -dc "$file" >"$root/modules/$base.ko" ;;
    *.zst) zstd -qdc "$file" >"$root/modules/$base.ko" ;;
    *) cp "$file" "$root/modules/$base.ko" ;;
  esac
  for needed in $(tr '\0' '\n' <"$root/modules/$base.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do
    # A shell of its own, for the variables are not local.
    (add_module "$needed")
  done
  echo "$base.ko" >>"$root/modules/order"
}
: >"$root/modules/order"
for name in virtio_pci virtio_net virtio_blk virtio-rng evdev button pvpanic-pci 8021q; do
  add_module "$name"
done

cp "$recipe/init" "$root/init"
chmod 755 "$root/init"
cp "$recipe"/*.pl "$root/workload/"
cp "$recipe/Time.pm" "$perl_to/Time.pm"

mkdir -p "$out.new"
# Not compressed: the emulated processor would take longer to unpack it than the host takes to load it.
(cd "$root" && find . -print0 | LC_ALL=C sort -z | cpio --null --create --format=newc --owner=0:0 --quiet) \
  >"$out.new/initrd"
cp "$(find "$work/all/boot" -name 'vmlinuz-*' | head -n 1)" "$out.new/kernel"
for package in *.deb; do
  dpkg-deb --show --showformat='${Package} ${Version}\n' "$package"
done >"$out.new/versions"
rm -rf "$out"
mv "$out.new" "$out"
say "made $out"

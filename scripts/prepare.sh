# Sourced by ./demo and ./check: finds a JDK 25 and installs what Debian has and this machine lacks.
# Expects the working directory to be the source tree.

say() { echo "$*" >&2; }

if [ "$(id -u)" -ne 0 ]; then
  say "Network namespaces and tracking guests need root: run this as root."
  exit 1
fi

# One word per need: the command that proves it is there, and Debian's package that brings it.
needs="qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils
  qemu-io:qemu-utils qemu-storage-daemon:qemu-system-common ip:iproute2 tc:iproute2 ping:iputils-ping
  busybox:busybox-static cpio:cpio xz:xz-utils zstd:zstd setsid:util-linux mvn:maven git:git"

install_packages() {
  say "Installing with apt-get: $*"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

missing=""
for need in $needs; do
  if ! command -v "${need%%:*}" >/dev/null 2>&1; then
    case " $missing " in
      *" ${need#*:} "*) ;;
      *) missing="$missing ${need#*:}" ;;
    esac
  fi
done
if [ -n "$missing" ]; then
  command -v apt-get >/dev/null 2>&1 || { say "Missing:$missing. There is no apt-get here to install them."; exit 1; }
  # shellcheck disable=SC2086 # a list of packages
  install_packages $missing
fi

# The major version of a JDK's compiler; a runtime without compiler does not build.
jdk_version() {
  "$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p'
}

find_jdk() {
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
    if [ -n "$home" ] && [ -x "$home/bin/javac" ]; then
      version=$(jdk_version "$home")
      if [ -n "$version" ] && [ "$version" -ge 25 ]; then
        echo "$home"
        return
      fi
    fi
  done
}

JAVA_HOME=$(find_jdk)
if [ -z "$JAVA_HOME" ] && apt-cache show openjdk-25-jdk-headless >/dev/null 2>&1; then
  install_packages openjdk-25-jdk-headless
  JAVA_HOME=$(find_jdk)
fi
if [ -z "$JAVA_HOME" ]; then
  say "There is no JDK 25 under /usr/lib/jvm, and this Debian has none to install."
  say "Put one there (Temurin's package temurin-25-jdk does), or point JAVA_HOME at one, and run this again."
  exit 1
fi
export JAVA_HOME
# Maven itself still calls what JDK 24 and later warn about; nobody who builds Godwit can mend that.
export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow"

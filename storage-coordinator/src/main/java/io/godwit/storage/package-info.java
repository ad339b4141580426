/// Who owns what: each guest, its images and its addresses have exactly one owner, whatever fails.
///
/// The coordinator knows no QEMU. It keeps small records in ZooKeeper and changes them only by compare-and-set.
@NullMarked
package io.godwit.storage;

import org.jspecify.annotations.NullMarked;

/// What the migration engine needs of a hypervisor: guests that can be started, paused and moved, memory that
/// can be read and written in place, and a tracker that tells which pages were written.
///
/// Two implementations pass the same contract kit: `io.godwit.shim.qemu` (real, unmodified QEMU) and
/// `io.godwit.shim.synthetic` (plain memory and a writer thread). Native calls live in `io.godwit.shim.linux`
/// only.
@NullMarked
package io.godwit.shim;

import org.jspecify.annotations.NullMarked;

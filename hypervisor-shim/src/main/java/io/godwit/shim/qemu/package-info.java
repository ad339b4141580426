/// Real guests: unmodified QEMU processes, started or adopted, and spoken to over QMP.
///
/// [io.godwit.shim.qemu.QemuHypervisor] is the way in. A guest's QEMU outlives the agent, so all that is needed to
/// find it again stands in its folder below the run directory. There is no native call here: files, taps, processes
/// and the tracker come from `io.godwit.shim.linux`.
@NullMarked
package io.godwit.shim.qemu;

import org.jspecify.annotations.NullMarked;

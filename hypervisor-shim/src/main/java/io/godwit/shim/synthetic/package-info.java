/// A guest of plain memory and a writer thread, for tests of everything above the hypervisor, for
/// microbenchmarks and for rehearsals: no QEMU, no privileges, exact control over what is written and what fails.
@NullMarked
package io.godwit.shim.synthetic;

import org.jspecify.annotations.NullMarked;

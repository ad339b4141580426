/// The kernel as Godwit uses it: shared RAM files, processes, taps, packet sockets, and the tracker that learns
/// from the kernel which pages another process wrote.
///
/// This is the only package with native calls. They are bound by hand in `Libc`, each as a typed method that
/// gives back a value or an errno; nothing outside this package sees a file descriptor or a structure of the
/// kernel, but for the number of a socket that its owner wants to know about.
@NullMarked
package io.godwit.shim.linux;

import org.jspecify.annotations.NullMarked;

/// Tests of the image server, with a real `qemu-storage-daemon` and real writers.
@NullMarked
package io.godwit.agent.storage;

import org.jspecify.annotations.NullMarked;

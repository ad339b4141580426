/// A data centre on one machine: hosts as network namespaces, real agents, a real ZooKeeper, real QEMU guests.
@NullMarked
package io.godwit.chaos.lab;

import org.jspecify.annotations.NullMarked;

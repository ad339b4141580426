/// One real ZooKeeper server in a process of its own, for trials and the lab. Production runs an ensemble of its own.
@NullMarked
package io.godwit.agent.zookeeper;

import org.jspecify.annotations.NullMarked;

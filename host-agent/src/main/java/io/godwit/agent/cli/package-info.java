/// The command line. [io.godwit.agent.cli.Godwit] is where it starts; each command is a class of its own. What needs
/// an agent goes through [AgentClient], a small HTTP/1.1 client over a Unix socket: a full web client would take longer
/// to start than most commands take to run.
@NullMarked
package io.godwit.agent.cli;

import org.jspecify.annotations.NullMarked;

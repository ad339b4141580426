/// The agent's configuration file: one YAML file, every mistake in it reported at once.
@NullMarked
package io.godwit.agent.config;

import org.jspecify.annotations.NullMarked;

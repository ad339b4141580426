/// What a migration tells the outside: Micrometer meters and JFR events.
@NullMarked
package io.godwit.migration.metrics;

import org.jspecify.annotations.NullMarked;

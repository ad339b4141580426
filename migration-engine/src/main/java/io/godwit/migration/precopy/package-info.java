/// A migration from both ends: the phases, the rounds, and the policy that says when to switch.
///
/// [io.godwit.migration.precopy.SourceMigration] reads as the list of phases and is the place to start.
@NullMarked
package io.godwit.migration.precopy;

import org.jspecify.annotations.NullMarked;

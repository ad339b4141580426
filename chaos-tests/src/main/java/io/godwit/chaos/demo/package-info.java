/// The demonstration behind `./demo`: moves a guest there and back and prints what it cost.
@NullMarked
package io.godwit.chaos.demo;

import org.jspecify.annotations.NullMarked;

package io.godwit.chaos.acceptance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// A test, or a class of them whose lab is not brought up otherwise, that only `./check -Dgodwit.thorough=true` runs:
/// what it shows is shown by cheaper tests too, though not on real guests, or it compares times and wants a machine to
/// itself.
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfSystemProperty(named = Thorough.PROPERTY, matches = "true")
@interface Thorough {
    String PROPERTY = "godwit.thorough";
}

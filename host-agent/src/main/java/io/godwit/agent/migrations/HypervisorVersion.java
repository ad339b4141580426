package io.godwit.agent.migrations;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A hypervisor's version, such as `QEMU 7.2.22`: a product and numbers.
record HypervisorVersion(String product, int major, int minor, int micro) {
    private static final Pattern FORM =
            Pattern.compile("(\\S{1,40}) (\\d{1,6})(?:\\.(\\d{1,6}))?(?:\\.(\\d{1,6}))?(?!\\d).*");

    /// Empty if the text has no such form.
    static Optional<HypervisorVersion> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return Optional.of(new HypervisorVersion(
                matcher.group(1), number(matcher.group(2)), number(matcher.group(3)), number(matcher.group(4))));
    }

    /// Whether device state written by `source` can be loaded here: the same product, and no older major or minor
    /// version. A micro version brings repairs only.
    boolean canLoadStateOf(HypervisorVersion source) {
        return product.equals(source.product)
                && (major > source.major || (major == source.major && minor >= source.minor));
    }

    private static int number(@Nullable String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }
}

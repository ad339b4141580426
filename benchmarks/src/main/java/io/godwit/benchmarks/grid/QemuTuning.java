package io.godwit.benchmarks.grid;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// QEMU's own migration as its documentation advises to set it up. All of them send as fast as the link goes, and
/// switch over when QEMU expects to need no more than the downtime that Godwit is given as well. None is told the
/// link's speed: multifd would count its pages against it before they are compressed.
public enum QemuTuning {
    DEFAULT("default", "no capability", ""),
    MULTIFD("multifd", "multifd with 2 channels", "multifd"),
    MULTIFD_ZSTD("multifd-zstd", "multifd with 2 channels, zstd level 1", "multifd"),
    XBZRLE("xbzrle", "xbzrle with a cache of half of the guest's memory", "xbzrle"),
    AUTO_CONVERGE("auto-converge", "auto-converge from 20 % in steps of 10 %", "auto-converge"),
    POST_COPY(
            "post-copy",
            "postcopy-ram with preemption, switched to after the first pass",
            "postcopy-ram,postcopy-preempt");

    /// QEMU 7.2 takes a bandwidth far above any link for none at all.
    private static final long UNLIMITED = 1L << 40;

    private static final int CHANNELS = 2;

    private final String word;
    private final String title;
    private final String capabilities;

    QemuTuning(String word, String title, String capabilities) {
        this.word = word;
        this.title = title;
        this.capabilities = capabilities;
    }

    /// As the command line writes it.
    public String word() {
        return word;
    }

    /// For people.
    public String title() {
        return title;
    }

    /// Set on both sides.
    public List<String> capabilities() {
        return capabilities.isEmpty() ? List.of() : List.of(capabilities.split(",", -1));
    }

    public boolean postCopy() {
        return this == POST_COPY;
    }

    /// Set on both sides.
    public Map<String, Object> parameters(int downtimeMs, int memoryMiB) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("max-bandwidth", UNLIMITED);
        parameters.put("downtime-limit", downtimeMs);
        switch (this) {
            case DEFAULT, POST_COPY -> {}
            case MULTIFD -> parameters.put("multifd-channels", CHANNELS);
            case MULTIFD_ZSTD -> {
                parameters.put("multifd-channels", CHANNELS);
                parameters.put("multifd-compression", "zstd");
                parameters.put("multifd-zstd-level", 1);
            }
            case XBZRLE -> parameters.put("xbzrle-cache-size", Long.highestOneBit((long) memoryMiB << 19));
            case AUTO_CONVERGE -> {
                parameters.put("cpu-throttle-initial", 20);
                parameters.put("cpu-throttle-increment", 10);
            }
        }
        return parameters;
    }

    /// @throws IllegalArgumentException if there is no such configuration
    public static QemuTuning of(String word) {
        return Arrays.stream(values())
                .filter(tuning -> tuning.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("QEMU's configuration is none of "
                        + Arrays.stream(values()).map(QemuTuning::word).toList() + ": " + word));
    }
}

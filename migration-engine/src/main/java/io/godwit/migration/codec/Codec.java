package io.godwit.migration.codec;

/// The ways a source can write the content of a batch, from the cheapest to the dearest.
public enum Codec {
    RAW(PageKind.RAW, 0),
    LZ4(PageKind.LZ4, 0),
    ZSTD_1(PageKind.ZSTD, 1),
    ZSTD_3(PageKind.ZSTD, 3);

    private final PageKind kind;
    private final int level;

    Codec(PageKind kind, int level) {
        this.kind = kind;
        this.level = level;
    }

    PageKind kind() {
        return kind;
    }

    /// Of zstd; others have none.
    int level() {
        return level;
    }
}

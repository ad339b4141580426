package io.godwit.migration.codec;

import io.godwit.migration.protocol.ProtocolException;

/// How the pages of a frame are told. From [#DELTA] on they are known since version 2.
public enum PageKind {
    RAW(1),
    LZ4(2),
    ZERO(3),
    DELTA(4),
    ZSTD(5);

    private final int code;

    PageKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static PageKind of(int code) throws ProtocolException {
        return switch (code) {
            case 1 -> RAW;
            case 2 -> LZ4;
            case 3 -> ZERO;
            case 4 -> DELTA;
            case 5 -> ZSTD;
            default -> throw new ProtocolException("Pages of an unknown kind: " + code);
        };
    }
}

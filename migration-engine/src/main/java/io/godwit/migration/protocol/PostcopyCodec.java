package io.godwit.migration.protocol;

import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.Message.Postcopy.AllPlaced;
import io.godwit.migration.protocol.Message.Postcopy.Begin;
import io.godwit.migration.protocol.Message.Postcopy.MissingMap;
import io.godwit.migration.protocol.Message.Postcopy.PageRequest;
import io.godwit.migration.protocol.Message.Postcopy.PagesLost;
import io.godwit.migration.protocol.Message.Postcopy.Ready;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/// The part of [MessageCodec] for a guest that is switched over with pages missing.
final class PostcopyCodec {
    private PostcopyCodec() {}

    static ByteBuf encode(ByteBufAllocator allocator, Postcopy message) {
        ByteBuf frame = FrameHeader.begin(allocator, payloadBytes(message));
        switch (message) {
            case Begin _, Ready _, AllPlaced _ -> {}
            case MissingMap m -> {
                frame.writeLong(m.firstPage()).writeInt(m.last() ? 1 : 0).writeInt(0);
                writeAll(frame, m.words());
            }
            case PageRequest m -> writeAll(frame, m.pages());
            case PagesLost m -> frame.writeBytes(OfferJson.text(m.reason()));
        }
        return FrameHeader.finish(frame, message.type());
    }

    private static int payloadBytes(Postcopy message) {
        return switch (message) {
            case Begin _, Ready _, AllPlaced _ -> 0;
            case MissingMap m -> 16 + m.words().length * Long.BYTES;
            case PageRequest m -> m.pages().length * Long.BYTES;
            case PagesLost m -> OfferJson.text(m.reason()).length;
        };
    }

    /// Of the frames that are only numbers. The payload's end is checked by the caller.
    static Postcopy read(FrameType type, ByteBuf in) throws ProtocolException {
        return switch (type) {
            case POSTCOPY_BEGIN -> new Begin();
            case POSTCOPY_READY -> new Ready();
            case ALL_PLACED -> new AllPlaced();
            case MISSING_MAP -> readMap(in);
            case PAGE_REQUEST -> new PageRequest(readAll(in, "pages asked for"));
            case HELLO,
                    WELCOME,
                    QUESTION,
                    ANSWER,
                    PREPARE,
                    PREPARED,
                    ABORT,
                    HEARTBEAT,
                    ROUND_DONE,
                    DEVICE_STATE,
                    DIGESTS,
                    COMPLETE,
                    RUNNING,
                    PAGES,
                    ROUND_END,
                    LATE_PAGES,
                    FRAMES,
                    FRAMES_DONE,
                    PAGES_LOST -> throw new IllegalArgumentException("Read elsewhere: " + type);
        };
    }

    private static MissingMap readMap(ByteBuf in) throws ProtocolException {
        long firstPage = in.readLong();
        int last = in.readInt();
        if (firstPage < 0 || firstPage % Long.SIZE != 0 || (last != 0 && last != 1) || in.readInt() != 0) {
            throw new ProtocolException("A part of the map of missing pages is malformed, from page " + firstPage);
        }
        return new MissingMap(firstPage, last == 1, readAll(in, "words of the map of missing pages"));
    }

    private static void writeAll(ByteBuf frame, long[] values) {
        for (long value : values) {
            frame.writeLong(value);
        }
    }

    private static long[] readAll(ByteBuf in, String what) throws ProtocolException {
        if (in.readableBytes() % Long.BYTES != 0 || !in.isReadable()) {
            throw new ProtocolException("There are none, or half of one, of the " + what);
        }
        long[] values = new long[in.readableBytes() / Long.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readLong();
        }
        return values;
    }
}

package io.godwit.migration.protocol;

import io.godwit.migration.protocol.Message.Abort;
import io.godwit.migration.protocol.Message.Answer;
import io.godwit.migration.protocol.Message.Complete;
import io.godwit.migration.protocol.Message.DeviceStatePart;
import io.godwit.migration.protocol.Message.Digests;
import io.godwit.migration.protocol.Message.FramesDone;
import io.godwit.migration.protocol.Message.Heartbeat;
import io.godwit.migration.protocol.Message.Hello;
import io.godwit.migration.protocol.Message.Prepare;
import io.godwit.migration.protocol.Message.Prepared;
import io.godwit.migration.protocol.Message.Question;
import io.godwit.migration.protocol.Message.Role;
import io.godwit.migration.protocol.Message.RoundDone;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.protocol.Message.Running;
import io.godwit.migration.protocol.Message.Welcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/// Messages to frames and payloads to messages. Every payload must be used up exactly: what is too short or too
/// long is refused.
public final class MessageCodec {
    private static final int ZERO_BYTES_OF_WELCOME = 6;

    private MessageCodec() {}

    /// The whole frame, header included. The caller owns it.
    public static ByteBuf encode(ByteBufAllocator allocator, Message message) {
        return switch (message) {
            case Hello m -> hello(allocator, m);
            case Welcome m -> welcome(allocator, m);
            case Question m -> bytes(allocator, m, OfferJson.write(m));
            case Answer m -> bytes(allocator, m, OfferJson.write(new Answer(OfferJson.blockers(m.blockers()))));
            case Prepare m -> bytes(allocator, m, OfferJson.write(m));
            case Prepared m -> bytes(allocator, m, new byte[0]);
            case Abort m -> bytes(allocator, m, OfferJson.text(m.reason()));
            case Heartbeat m -> bytes(allocator, m, new byte[0]);
            case RoundDone m -> finish(FrameHeader.begin(allocator, 4).writeInt(m.round()), m);
            case DeviceStatePart m -> statePart(allocator, m.totalBytes(), m.offset(), m.bytes(), 0, m.bytes().length);
            case Digests m -> digests(allocator, m);
            case Complete m ->
                finish(
                        FrameHeader.begin(allocator, 12)
                                .writeInt(m.finalRound())
                                .writeInt(m.deviceStateBytes())
                                .writeInt(m.paused() ? 1 : 0),
                        m);
            case Running m -> running(allocator, m);
            case FramesDone m ->
                finish(FrameHeader.begin(allocator, 16).writeLong(m.delivered()).writeLong(m.dropped()), m);
            case RoundEnd m ->
                finish(FrameHeader.begin(allocator, 8).writeInt(m.round()).writeInt(m.frames()), m);
            case Message.Postcopy m -> PostcopyCodec.encode(allocator, m);
        };
    }

    /// One part of a device state, straight from the array that holds all of it.
    public static ByteBuf statePart(
            ByteBufAllocator allocator, int totalBytes, int offset, byte[] from, int index, int length) {
        ByteBuf frame = FrameHeader.begin(allocator, 8 + length)
                .writeInt(totalBytes)
                .writeInt(offset)
                .writeBytes(from, index, length);
        return FrameHeader.finish(frame, FrameType.DEVICE_STATE);
    }

    /// @param in the payload, already verified; its position afterwards is undefined
    /// @throws ProtocolException also for [FrameType#PAGES] and [FrameType#FRAMES], which are no message
    public static Message decode(FrameType type, ByteBuf in) throws ProtocolException {
        try {
            Message message = read(type, in);
            if (in.isReadable()) {
                throw new ProtocolException("A frame is longer than its content: " + type);
            }
            return message;
        } catch (IndexOutOfBoundsException e) {
            throw new ProtocolException("A frame is shorter than its content: " + type, e);
        }
    }

    private static Message read(FrameType type, ByteBuf in) throws ProtocolException {
        return switch (type) {
            case HELLO -> readHello(in);
            case WELCOME -> readWelcome(in);
            case QUESTION -> OfferJson.question(rest(in));
            case ANSWER -> OfferJson.answer(rest(in));
            case PREPARE -> OfferJson.prepare(rest(in));
            case PREPARED -> new Prepared();
            case ABORT -> new Abort(text(in));
            case HEARTBEAT -> new Heartbeat();
            case ROUND_DONE -> new RoundDone(count(in, "round"));
            case DEVICE_STATE -> readStatePart(in);
            case DIGESTS -> readDigests(in);
            case COMPLETE -> new Complete(count(in, "last round"), count(in, "device state size"), flag(in));
            case RUNNING ->
                new Running(
                        positive(in.readLong(), "epoch"),
                        positive(in.readLong(), "load time"),
                        positive(in.readLong(), "commit time"),
                        positive(in.readLong(), "resume time"),
                        text(in));
            case ROUND_END -> new RoundEnd(count(in, "round"), count(in, "frame count"));
            case FRAMES_DONE ->
                new FramesDone(positive(in.readLong(), "delivered frames"), positive(in.readLong(), "dropped frames"));
            case FRAMES -> throw new ProtocolException("A guest's frames came where a message was expected");
            case POSTCOPY_BEGIN, POSTCOPY_READY, MISSING_MAP, PAGE_REQUEST, ALL_PLACED -> PostcopyCodec.read(type, in);
            case PAGES_LOST -> new Message.Postcopy.PagesLost(text(in));
            case PAGES, LATE_PAGES -> throw new ProtocolException("Pages came where a message was expected");
        };
    }

    private static ByteBuf hello(ByteBufAllocator allocator, Hello m) {
        ByteBuf frame = FrameHeader.begin(allocator, m.type().payloadBytesMax())
                .writeLong(Hello.MAGIC)
                .writeShort(m.versionMin())
                .writeShort(m.versionMax())
                .writeByte(m.role().code())
                .writeByte(0)
                .writeShort(m.connection());
        return finish(token(frame, m.token()), m);
    }

    private static Hello readHello(ByteBuf in) throws ProtocolException {
        checkMagic(in);
        int versionMin = in.readUnsignedShort();
        int versionMax = in.readUnsignedShort();
        Role role = Role.of(in.readUnsignedByte());
        checkZero(in, 1);
        int connection = in.readUnsignedShort();
        return new Hello(versionMin, versionMax, role, connection, new Token(in.readLong(), in.readLong()));
    }

    private static ByteBuf welcome(ByteBufAllocator allocator, Welcome m) {
        ByteBuf frame = FrameHeader.begin(allocator, m.type().payloadBytesMax())
                .writeLong(Hello.MAGIC)
                .writeShort(m.version())
                .writeZero(ZERO_BYTES_OF_WELCOME);
        return finish(token(frame, m.token()), m);
    }

    private static Welcome readWelcome(ByteBuf in) throws ProtocolException {
        checkMagic(in);
        int version = in.readUnsignedShort();
        checkZero(in, ZERO_BYTES_OF_WELCOME);
        return new Welcome(version, new Token(in.readLong(), in.readLong()));
    }

    private static DeviceStatePart readStatePart(ByteBuf in) throws ProtocolException {
        int totalBytes = count(in, "device state size");
        int offset = count(in, "device state offset");
        if (totalBytes > Limits.PACKED_STATE_BYTES_MAX
                || offset > totalBytes - in.readableBytes()
                || !in.isReadable()) {
            throw new ProtocolException("A part of the device state lies outside it: " + offset + " of " + totalBytes);
        }
        return new DeviceStatePart(totalBytes, offset, rest(in));
    }

    private static ByteBuf digests(ByteBufAllocator allocator, Digests m) {
        ByteBuf frame =
                FrameHeader.begin(allocator, 8 + m.values().length * Long.BYTES).writeLong(m.firstChunk());
        for (long value : m.values()) {
            frame.writeLong(value);
        }
        return finish(frame, m);
    }

    private static Digests readDigests(ByteBuf in) throws ProtocolException {
        long firstChunk = positive(in.readLong(), "chunk");
        if (in.readableBytes() % Long.BYTES != 0 || !in.isReadable()) {
            throw new ProtocolException("Digests are cut off or empty");
        }
        long[] values = new long[in.readableBytes() / Long.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readLong();
        }
        return new Digests(firstChunk, values);
    }

    private static ByteBuf running(ByteBufAllocator allocator, Running m) {
        byte[] text = OfferJson.text(m.resumeFailure());
        ByteBuf frame = FrameHeader.begin(allocator, 32 + text.length)
                .writeLong(m.epoch())
                .writeLong(m.loadMicros())
                .writeLong(m.commitMicros())
                .writeLong(m.resumeMicros())
                .writeBytes(text);
        return finish(frame, m);
    }

    private static ByteBuf bytes(ByteBufAllocator allocator, Message message, byte[] payload) {
        return finish(FrameHeader.begin(allocator, payload.length).writeBytes(payload), message);
    }

    private static ByteBuf finish(ByteBuf frame, Message message) {
        return FrameHeader.finish(frame, message.type());
    }

    private static ByteBuf token(ByteBuf frame, Token token) {
        return frame.writeLong(token.high()).writeLong(token.low());
    }

    private static void checkMagic(ByteBuf in) throws ProtocolException {
        if (in.readLong() != Hello.MAGIC) {
            throw new ProtocolException("The peer does not speak Godwit's migration protocol");
        }
    }

    private static void checkZero(ByteBuf in, int bytes) throws ProtocolException {
        for (int i = 0; i < bytes; i++) {
            if (in.readByte() != 0) {
                throw new ProtocolException("The peer set reserved bits of a greeting");
            }
        }
    }

    private static int count(ByteBuf in, String what) throws ProtocolException {
        return (int) positive(in.readInt(), what);
    }

    private static long positive(long value, String what) throws ProtocolException {
        if (value < 0) {
            throw new ProtocolException("The peer sent a negative number as " + what + ": " + value);
        }
        return value;
    }

    private static boolean flag(ByteBuf in) throws ProtocolException {
        int value = in.readInt();
        if (value != 0 && value != 1) {
            throw new ProtocolException("The peer sent neither yes nor no: " + value);
        }
        return value == 1;
    }

    private static byte[] rest(ByteBuf in) {
        byte[] bytes = new byte[in.readableBytes()];
        in.readBytes(bytes);
        return bytes;
    }

    /// Text is shown to people: control characters are not let through.
    private static String text(ByteBuf in) {
        return in.readCharSequence(in.readableBytes(), StandardCharsets.UTF_8)
                .toString()
                .replaceAll("\\p{Cntrl}", " ");
    }
}

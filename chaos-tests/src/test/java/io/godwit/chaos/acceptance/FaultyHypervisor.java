package io.godwit.chaos.acceptance;

import io.godwit.shim.Guest;
import io.godwit.shim.Hypervisor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A hypervisor that is real but for what happens to its guests.
final class FaultyHypervisor {
    private FaultyHypervisor() {}

    /// What is done to a call of a guest in place of the call itself.
    interface GuestFault {
        /// @param real performs the call as it should be; what is thrown here the caller gets
        @Nullable
        Object instead(Guest guest, String method, Object[] arguments, Real real) throws Exception;
    }

    /// The real call, with arguments that may be others than the caller's.
    interface Real {
        @Nullable
        Object call(Object... arguments) throws Exception;
    }

    /// @param fault a new one for each guest
    static Hypervisor of(Hypervisor real, Function<Guest, GuestFault> fault) {
        return proxy(Hypervisor.class, (_, method, arguments) -> {
            Object result = invoke(method, real, arguments);
            return switch (result) {
                case Guest guest -> wrap(guest, fault);
                case Optional<?> maybe -> maybe.map(one -> one instanceof Guest guest ? wrap(guest, fault) : one);
                case null -> null;
                case Object other -> other;
            };
        });
    }

    private static Guest wrap(Guest guest, Function<Guest, GuestFault> makeFault) {
        GuestFault fault = makeFault.apply(guest);
        return proxy(
                Guest.class,
                (_, method, arguments) -> fault.instead(
                        guest,
                        method.getName(),
                        arguments == null ? new Object[0] : arguments,
                        others -> invoke(method, guest, others)));
    }

    /// Something whose every call goes to the handler.
    static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    /// Makes a call as a proxy was asked to, and throws what it throws.
    static @Nullable Object invoke(Method method, Object on, Object @Nullable [] arguments) throws Exception {
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }
}

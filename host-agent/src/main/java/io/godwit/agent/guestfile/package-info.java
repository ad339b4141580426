/// Guest files in the xl.cfg syntax that Xen administrators know, turned into a
/// [io.godwit.shim.GuestSpec]. Text goes through a lexer ([GuestFileLexer]) and a parser ([GuestFileParser]) into
/// assignments that know their lines; the readers turn these into what a guest is made of.
@NullMarked
package io.godwit.agent.guestfile;

import org.jspecify.annotations.NullMarked;

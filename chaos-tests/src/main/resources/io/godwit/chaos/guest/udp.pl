# Sends back every datagram that arrives on port 7004, as fast as it can. The answer to "work" is what the memory
# writer last said of itself.
use strict;
use warnings;
use IO::Socket::INET;

my $socket = IO::Socket::INET->new( LocalPort => 7004, Proto => 'udp' ) or die "udp: cannot listen: $!";
# What arrives while the guest cannot run, or this process waits for a processor, must not be lost for want of room.
my ( $SOL_SOCKET, $SO_RCVBUFFORCE ) = ( 1, 33 );
setsockopt $socket, $SOL_SOCKET, $SO_RCVBUFFORCE, pack( 'i', 16 << 20 ) or die "udp: no room: $!";

sub work {
    open my $file, '<', '/run/status/memory.json' or return '{}';
    local $/ = undef;
    return '{' . ( <$file> // '' ) . '}';
}

while (1) {
    my $peer = recv $socket, my $data, 2048, 0;
    next unless defined $peer;
    $data = work() if $data eq 'work';
    send $socket, $data, 0, $peer;
}

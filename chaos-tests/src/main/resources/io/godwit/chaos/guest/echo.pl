# Sends back every byte that arrives on port 7003, for connections that carry data all the time.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;
use Time;

my $CLIENTS_MAX = 64;
my $UNSENT_MAX  = 1 << 18;

$SIG{PIPE} = 'IGNORE';
my $server = IO::Socket::INET->new( LocalPort => 7003, Listen => 8, ReuseAddr => 1 )
    or die "echo: cannot listen: $!";
my $readers = IO::Select->new($server);
my $writers = IO::Select->new;
my %unsent;    # file number -> bytes
my $echoed = 0;

sub drop {
    my ($socket) = @_;
    delete $unsent{ fileno $socket };
    $readers->remove($socket);
    $writers->remove($socket);
    close $socket;
}

sub receive {
    my ($socket) = @_;
    my $got = sysread $socket, $unsent{ fileno $socket }, 65536, length $unsent{ fileno $socket };
    if ( defined $got ? $got == 0 : !$!{EAGAIN} ) { drop($socket); return }
    $writers->add($socket);
    $readers->remove($socket) if length $unsent{ fileno $socket } > $UNSENT_MAX;
}

sub transmit {
    my ($socket) = @_;
    my $number = fileno $socket;
    my $sent = syswrite $socket, $unsent{$number};
    if ( !defined $sent ) { drop($socket) unless $!{EAGAIN}; return }
    $echoed += $sent;
    substr( $unsent{$number}, 0, $sent ) = '';
    $writers->remove($socket) if $unsent{$number} eq '';
    $readers->add($socket);
}

my $reported = 0;
while (1) {
    my ( $readable, $writable ) = IO::Select->select( $readers, $writers, undef, 0.5 );
    for my $socket ( @{ $readable // [] } ) {
        if ( $socket != $server ) { receive($socket); next }
        my $client = $server->accept or next;
        if ( $readers->count > $CLIENTS_MAX ) { close $client; next }
        $client->blocking(0);
        $unsent{ fileno $client } = '';
        $readers->add($client);
    }
    for my $socket ( @{ $writable // [] } ) {
        transmit($socket) if defined fileno $socket && exists $unsent{ fileno $socket };
    }
    my $now = Time::now();
    if ( $now - $reported > 0.2 ) { Time::publish( 'echo', qq("echoedBytes":$echoed) ); $reported = $now }
}

# Answers a connection to port 7000 with one line of JSON: how long the guest is up and what each workload says
# of itself. It also counts its own wake-ups, 50 a second, as work that stops when the guest does.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;
use Time;

my $server = IO::Socket::INET->new( LocalPort => 7000, Listen => 16, ReuseAddr => 1 )
    or die "status: cannot listen: $!";
my $select = IO::Select->new($server);
my $ticks  = 0;

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/ = undef;
    return <$file> // '';
}

while (1) {
    if ( $select->can_read(0.02) ) {
        my $client = $server->accept or next;
        my ($uptime) = split ' ', slurp('/proc/uptime');
        my $boot = slurp('/proc/sys/kernel/random/boot_id');
        chomp $boot;
        my @said = grep { $_ ne '' } map { slurp($_) } glob '/run/status/*.json';
        syswrite $client, '{' . join( ',', qq("uptimeSeconds":$uptime,"bootId":"$boot","ticks":$ticks), @said ) . "}\n";
        close $client;
    }
    $ticks++;
}

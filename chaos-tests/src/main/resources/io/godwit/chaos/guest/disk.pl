# Appends numbered, checksummed records to /dev/vda. Record n stands at n * 512 and is
#   "GWREC001", n (64-bit little-endian), time in us (64-bit), 8 characters that name this run of the writer,
#   476 bytes of filling, CRC-32 of all before.
#   gw_disk  records a second
# A record is acknowledged once the write has returned: the file is opened with O_DIRECT and O_DSYNC, so the
# device has it and has flushed it. Everyone connected to port 7002 gets a line "n crc run" for each, from the
# first record of this boot on. A writer that is started again goes on behind the last whole record.
use strict;
use warnings;
use Fcntl;
use IO::Socket::INET;
use IO::Select;
use Time;

my $RECORD   = 512;
my $O_DIRECT = 040000;
my $LINES_KEPT_MAX = 1_000_000;
my @crc_table = map {
    my $c = $_;
    $c = $c & 1 ? 0xEDB88320 ^ ( $c >> 1 ) : $c >> 1 for 1 .. 8;
    $c
} 0 .. 255;

sub crc32 {
    my $crc = 0xFFFFFFFF;
    $crc = $crc_table[ ( $crc ^ $_ ) & 0xFF ] ^ ( $crc >> 8 ) for unpack 'C*', $_[0];
    return $crc ^ 0xFFFFFFFF;
}

sub record_number {
    my ($record) = @_;
    return -1 if length $record < $RECORD || substr( $record, 0, 8 ) ne 'GWREC001';
    return -1 if crc32( substr $record, 0, $RECORD - 4 ) != unpack 'V', substr $record, $RECORD - 4;
    return unpack 'Q<', substr $record, 8, 8;
}

# O_DIRECT needs an aligned buffer. Perl moves a string on its first change, so that comes before the question
# where it is.
my $buffer = "\0" x ( 2 * 4096 );
substr( $buffer, 0, 1 ) = "\0";
my $base   = -unpack( 'J', pack( 'P', $buffer ) ) & 4095;

open my $boot, '<', '/proc/sys/kernel/random/boot_id' or die "disk: no boot id: $!";
my $run = substr <$boot>, 0, 8;

sysopen my $disk, '/dev/vda', O_RDWR | O_SYNC | $O_DIRECT or die "disk: cannot open /dev/vda: $!";
my $size = sysseek( $disk, 0, 2 );
my $next = first_free();

# Records stand in order without gaps, so a binary search finds the first place without one.
sub first_free {
    open my $plain, '<:raw', '/dev/vda' or die "disk: cannot open /dev/vda: $!";
    my ( $low, $high ) = ( 0, int( $size / $RECORD ) );
    while ( $low < $high ) {
        my $middle = int( ( $low + $high ) / 2 );
        sysseek $plain, $middle * $RECORD, 0;
        sysread( $plain, my $record, $RECORD );
        if   ( record_number($record) == $middle ) { $low  = $middle + 1 }
        else                                       { $high = $middle }
    }
    return $low;
}

my $server = IO::Socket::INET->new( LocalPort => 7002, Listen => 8, ReuseAddr => 1 )
    or die "disk: cannot listen: $!";
$server->blocking(0);
my @lines;
my %clients;    # file number -> [socket, unsent]
my $failures = 0;

sub append {
    my $record = pack( 'a8Q<Q<a8', 'GWREC001', $next, Time::now() * 1e6, $run );
    $record .= chr( 33 + $next % 90 ) x ( $RECORD - 4 - length $record );
    my $crc = crc32($record);
    substr( $buffer, $base, $RECORD ) = $record . pack( 'V', $crc );
    my $done = sysseek( $disk, $next * $RECORD, 0 ) && syswrite( $disk, $buffer, $RECORD, $base );
    if ( !defined $done || $done != $RECORD ) {
        print "disk: cannot write record $next: $!\n" if $failures++ % 100 == 0;
        return;
    }
    my $line = sprintf "%d %08x %s\n", $next++, $crc, $run;
    push @lines, $line if @lines < $LINES_KEPT_MAX;
    $_->[1] .= $line for values %clients;
}

sub serve {
    while ( my $socket = $server->accept ) {
        $socket->blocking(0);
        $clients{ fileno $socket } = [ $socket, join '', @lines ];
    }
    for my $number ( keys %clients ) {
        my ( $socket, $unsent ) = @{ $clients{$number} };
        next if $unsent eq '';
        my $sent = syswrite $socket, $unsent;
        if ( defined $sent ) { $clients{$number}[1] = substr $unsent, $sent }
        elsif ( !$!{EAGAIN} ) { delete $clients{$number} }
    }
}

sub report {
    Time::publish( 'disk', qq("diskRecords":$next,"diskFailures":$failures) );
}

my $interval = 1 / $ENV{gw_disk};
my ( $reported, $said ) = ( 0, 0 );
$SIG{PIPE} = 'IGNORE';
while (1) {
    my $begun = Time::now();
    append() if ( $next + 1 ) * $RECORD <= $size;
    serve();
    report(), $reported = $begun if $begun - $reported > 0.1;
    print "disk: acknowledged $next\n" and $said = $begun if $begun - $said > 1;
    my $rest = $interval - ( Time::now() - $begun );
    select undef, undef, undef, $rest > 0 ? $rest : 0.001;
}

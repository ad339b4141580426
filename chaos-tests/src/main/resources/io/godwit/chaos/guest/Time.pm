# What all workloads share: a clock with microseconds, which perl-base lacks a module for, and the place where
# each leaves word of itself for the status service.
package Time;
use strict;
use warnings;

my ( $SYS_CLOCK_GETTIME, $CLOCK_MONOTONIC ) = ( 228, 1 );

sub now {
    my $time = pack 'qq', 0, 0;
    syscall( $SYS_CLOCK_GETTIME, $CLOCK_MONOTONIC, $time ) == 0 or die "no clock: $!";
    my ( $seconds, $nanoseconds ) = unpack 'qq', $time;
    return $seconds + $nanoseconds / 1e9;
}

# Replaced whole, so that nobody reads half a line.
sub publish {
    my ( $name, $text ) = @_;
    open my $file, '>', "/run/status/$name.new" or return;
    print $file $text;
    close $file;
    rename "/run/status/$name.new", "/run/status/$name.json";
}

1;

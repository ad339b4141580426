# Writes memory at a steady rate in a pattern that can be checked: page i holds f(i, generation), which is
# "GWPAGE01", i (32-bit little-endian), generation (32-bit), 4080 bytes that follow from these two.
#   gw_mem   MiB filled once            gw_ws   MiB of these written again and again
#   gw_rate  MiB written a second       gw_fill zero | text (compresses about 1:4) | random
#            | sparse (random, and writing a page again changes little of it)
# A connection to port 7001 makes it compare every byte with what it should be; the answer is one line of JSON.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;
use Time;

my $PAGE       = 4096;
my $BURST_MAX  = 2048;
my $pages      = $ENV{gw_mem} * 256;
my $working    = ( $ENV{gw_ws} // $ENV{gw_mem} ) * 256;
my $per_second = ( $ENV{gw_rate} // 0 ) * 256;
my $pool_bytes = 2 << 20;
my $fill       = $ENV{gw_fill} // 'text';
my $sparse     = $fill eq 'sparse';
my $CHANGED    = 512;
$working = $pages if $working > $pages;

# The pages' content is cut out of this pool, at a place that follows from page and generation.
my $pool     = make_pool( $sparse ? 'random' : $fill );
my $pool_sum = unpack( '%32V*', $pool );

# One string, cut so that our pages coincide with the processor's. Perl moves a string on its first change, so
# that comes before the question where it is.
my $buffer = "\0" x ( ( $pages + 1 ) * $PAGE );
substr( $buffer, 0, 1 ) = "\0";
my $base   = -unpack( 'J', pack( 'P', $buffer ) ) & ( $PAGE - 1 );
my $generations = "\0" x ( 4 * $pages );

my ( $written, $passes, $next, $checks, $errors ) = ( 0, 0, 0, 0, 0 );

sub make_pool {
    my ($fill) = @_;
    return "\0" x ( $pool_bytes + $PAGE ) if $fill eq 'zero';
    open my $random, '<:raw', '/dev/urandom' or die "memory: no random numbers: $!";
    my $made = '';
    while ( length $made < $pool_bytes + $PAGE ) {
        sysread( $random, my $bytes, $fill eq "random" ? 65536 : 104 ) or die "memory: no random numbers: $!";
        $made .= $fill eq 'random' ? $bytes : substr( $bytes x 5, 0, 512 );
    }
    return substr $made, 0, $pool_bytes + $PAGE;
}

sub content {
    my ( $page, $generation ) = @_;
    return sparse_content( $page, $generation ) if $sparse;
    return pack( 'a8L<L<', 'GWPAGE01', $page, $generation )
        . substr( $pool, ( $page * 40503 + $generation * 9973 ) % $pool_bytes, $PAGE - 16 );
}

# The same bytes in every generation, but for a piece whose place and content follow from it.
sub sparse_content {
    my ( $page, $generation ) = @_;
    my $content = pack( 'a8L<L<', 'GWPAGE01', $page, $generation )
        . substr( $pool, ( $page * 40503 ) % $pool_bytes, $PAGE - 16 );
    substr( $content, 16 + ( $generation * 520 ) % ( $PAGE - 16 - $CHANGED ), $CHANGED ) =
        substr( $pool, ( $page * 40503 + $generation * 9973 ) % $pool_bytes, $CHANGED );
    return $content;
}

sub write_page {
    my ($page) = @_;
    my $generation = vec( $generations, $page, 32 ) + 1;
    vec( $generations, $page, 32 ) = $generation;
    substr( $buffer, $base + $page * $PAGE, $PAGE ) = content( $page, $generation );
    $written++;
}

sub check_all {
    my $wrong = unpack( '%32V*', $pool ) == $pool_sum ? 0 : 1;
    for my $page ( 0 .. $pages - 1 ) {
        $wrong++
            if substr( $buffer, $base + $page * $PAGE, $PAGE ) ne content( $page, vec( $generations, $page, 32 ) );
    }
    $checks++;
    $errors += $wrong;
    return $wrong;
}

sub report {
    Time::publish( 'memory',
        qq("memoryPages":$pages,"memoryWritten":$written,"memoryPasses":$passes,"memoryChecks":$checks,"memoryErrors":$errors)
    );
}

write_page($_) for 0 .. $pages - 1;
my $server = IO::Socket::INET->new( LocalPort => 7001, Listen => 8, ReuseAddr => 1 )
    or die "memory: cannot listen: $!";
my $select = IO::Select->new($server);
report();

my $last     = Time::now();
my $due      = 0;
my $reported = 0;
while (1) {
    for ( $select->can_read( $due >= 1 ? 0 : 0.01 ) ) {
        my $client = $server->accept or next;
        my $wrong  = check_all();
        syswrite $client, qq({"pages":$pages,"wrong":$wrong,"checks":$checks}\n);
        close $client;
        $last = Time::now();
    }
    my $now = Time::now();
    $due += ( $now - $last ) * $per_second;
    $last = $now;
    # A guest that could not run for a while must not make up for it in one burst.
    $due = $per_second / 5 if $due > $per_second / 5;
    # In pieces, so that a rate nobody can keep up with does not silence the rest.
    for ( my $left = $BURST_MAX ; $due >= 1 && $left > 0 ; $due--, $left-- ) {
        write_page($next);
        if ( ++$next == $working ) { $next = 0; $passes++ }
    }
    if ( $now - $reported > 0.1 ) { report(); $reported = $now }
}

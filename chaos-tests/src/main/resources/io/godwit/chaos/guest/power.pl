# Powers the guest off when its power button is pressed.
use strict;
use warnings;
use IO::Select;

my ( $EV_KEY, $KEY_POWER, $EVENT_BYTES ) = ( 1, 116, 24 );
my $select = IO::Select->new;
for my $path ( glob '/dev/input/event*' ) {
    open my $device, '<:raw', $path or next;
    $select->add($device);
}
while ( $select->count ) {
    for my $device ( $select->can_read ) {
        sysread( $device, my $event, $EVENT_BYTES ) or do { $select->remove($device); next };
        my ( undef, undef, $type, $code, $value ) = unpack 'qqSSl', $event;
        next unless $type == $EV_KEY && $code == $KEY_POWER && $value == 1;
        print "power: the button was pressed\n";
        system 'sync';
        system 'poweroff', '-f';
    }
}

//! What the database refuses of one mail leaves the others alone.

use deadlines::store::outbox::State;

use crate::queued;
use crate::world::World;

/// From now on the database refuses a change of what one practice was told.
fn refuse(world: &World, change: &str) {
    let row = if change == "INSERT" { "new" } else { "old" };
    world.poison(&format!(
        "CREATE TRIGGER refused BEFORE {change} ON told WHEN {row}.practice = 'stuk' BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ));
}

fn told_in(world: &World, mail: i64) -> Vec<bool> {
    world.store(move |store| store.told_in(mail).unwrap()).into_iter().map(|(_, uncertain)| uncertain).collect()
}

#[test]
fn a_mail_that_cannot_be_kept_is_parked_and_was_told_to_nobody() {
    let mut world = queued(&["goed", "stuk", "ook-goed"]);
    refuse(&world, "INSERT");
    let delivered = world.deliver();
    assert_eq!((delivered.failed, delivered.sent, world.mails().len()), (1, 2, 2));
    let parked = world.outbox(&[State::Failed]).remove(0);
    assert_eq!((parked.practice.as_str(), parked.is_unanswered, told_in(&world, parked.id)), ("stuk", false, Vec::new()));
    world.poison("DROP TRIGGER refused");
    world.write(move |work| assert_eq!(work.retry(Some(parked.id)).unwrap(), 1));
    world.deliver();
    assert_eq!((world.states(), world.mails().len()), (vec![State::Sent; 3], 1));
}

#[test]
fn an_answer_that_cannot_be_recorded_leaves_its_mail_alone_in_hand() {
    let mut world = queued(&["goed", "stuk", "ook-goed"]);
    refuse(&world, "UPDATE");
    assert!(world.try_deliver().is_err());
    let in_hand = world.outbox(&[State::Sending]);
    assert_eq!((in_hand.len(), in_hand[0].practice.as_str(), told_in(&world, in_hand[0].id)), (1, "stuk", vec![true]));
    world.poison("DROP TRIGGER refused");
    world.restart();
    world.drain();
    let letters = world.mails();
    let (twice, once): (Vec<_>, Vec<_>) = letters.iter().partition(|letter| letter.to == "info@stuk.example");
    assert_eq!((world.states(), twice.len(), once.len()), (vec![State::Sent; 3], 2, 2));
    assert_eq!(twice[0].bytes, twice[1].bytes);
}

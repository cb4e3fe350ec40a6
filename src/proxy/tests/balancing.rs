//! Several addresses of one application.

use super::application::{self, Told};
use super::*;
use crate::config::Health;

/// A world with so many addresses, and one that nobody listens on if `with_dead`.
async fn several(count: usize, with_dead: bool, health: Option<Health>) -> (World, Vec<Told>) {
    let tasks = Tasks::new();
    let all: Vec<Told> = (0..count).map(|_| Told::default()).collect();
    let mut addresses = Vec::new();
    if with_dead {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        addresses.push(listener.local_addr().unwrap().into());
    }
    for told in &all {
        addresses.push(application::listen(&tasks, told).await.into());
    }
    let setting = Setting::default();
    let mut config = config::Upstream {
        addresses,
        health,
        ..upstream_config(([127, 0, 0, 1], 1).into(), &setting)
    };
    config.balance.eject_after = 3;
    config.balance.slow_start = Duration::ZERO;
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (world_with(unused, &config, setting, tasks).await, all)
}

async fn ask(world: &World, request: &str) -> String {
    let mut visitor = world.visitor(request).await;
    read_to_end(&mut visitor).await
}

const POST: &str =
    "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";

#[tokio::test]
async fn addresses_that_are_equally_busy_take_turns() {
    let (world, all) = several(3, false, None).await;
    for _ in 0..9 {
        assert!(ask(&world, ASK).await.starts_with("HTTP/1.1 200 "));
    }
    let counts: Vec<usize> = all.iter().map(Told::requests).collect();
    assert_eq!(counts, [3, 3, 3]);
    world.end().await;
}

#[tokio::test]
async fn one_that_is_down_costs_nobody_an_answer_and_is_left_alone_soon() {
    let (world, all) = several(2, true, None).await;
    for _ in 0..30 {
        let answer = ask(&world, ASK).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert_eq!(all[0].requests() + all[1].requests(), 30);
    let metrics = world.metrics.encode();
    let up = metrics
        .lines()
        .filter(|line| line.starts_with("doorward_upstream_address_up{"));
    let down = up.clone().filter(|line| line.ends_with(" 0"));
    assert_eq!((up.count(), down.count()), (3, 1), "{metrics}");
    // It gets none now, not even what could not be sent again.
    for _ in 0..10 {
        assert!(ask(&world, POST).await.starts_with("HTTP/1.1 200 "));
    }
    world.end().await;
}

#[tokio::test]
async fn what_may_have_had_an_effect_is_sent_nowhere_else() {
    let (world, all) = several(1, true, None).await;
    let mut refused = 0;
    for _ in 0..8 {
        refused += usize::from(ask(&world, POST).await.starts_with("HTTP/1.1 502 "));
    }
    assert_eq!(refused, 3, "until it was left alone");
    assert_eq!(all[0].requests(), 5);
    world.end().await;
}

#[tokio::test]
async fn an_address_that_says_it_is_ill_gets_nothing_until_it_is_well() {
    let health = Health {
        path: "/health".to_owned(),
        interval: Duration::from_millis(20),
        timeout: Duration::from_secs(2),
        healthy_after: 2,
        unhealthy_after: 2,
    };
    let (world, all) = several(2, false, Some(health)).await;
    let up = |count: usize| {
        let metrics = world.metrics.encode();
        let lines = metrics.lines();
        lines
            .filter(|line| {
                line.starts_with("doorward_upstream_address_up{") && line.ends_with(" 1")
            })
            .count()
            == count
    };
    let until_up = async |count: usize| {
        while !up(count) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    all[0].ill.store(true, Ordering::SeqCst);
    timeout(until_up(1)).await;
    for _ in 0..6 {
        ask(&world, ASK).await;
    }
    assert_eq!((all[0].requests(), all[1].requests()), (0, 6));
    all[0].ill.store(false, Ordering::SeqCst);
    timeout(until_up(2)).await;
    for _ in 0..6 {
        ask(&world, ASK).await;
    }
    assert_eq!((all[0].requests(), all[1].requests()), (3, 9));
    world.end().await;
}

#[tokio::test]
async fn when_all_are_out_all_are_tried() {
    let (world, _) = several(0, true, None).await;
    for _ in 0..6 {
        assert!(ask(&world, ASK).await.starts_with("HTTP/1.1 502 "));
    }
    assert!(world.errors().contains("Connect"));
    world.end().await;
}

//! Work on many things on every core, outside of the threads that serve.

use std::sync::Arc;
use std::thread::available_parallelism;

/// Does `work` on every item; gives the results in the order of the items.
pub(super) async fn side_by_side<T, U>(
    mut items: Vec<T>,
    work: impl Fn(T) -> U + Send + Sync + 'static,
) -> Vec<U>
where
    T: Send + 'static,
    U: Send + 'static,
{
    if items.len() <= 1 {
        return items.into_iter().map(work).collect();
    }
    let threads = available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(threads);
    let work = Arc::new(work);
    let mut tasks = Vec::new();
    while !items.is_empty() {
        let rest = items.split_off(share.min(items.len()));
        let (mine, work) = (std::mem::replace(&mut items, rest), work.clone());
        tasks.push(tokio::task::spawn_blocking(move || {
            mine.into_iter().map(&*work).collect::<Vec<U>>()
        }));
    }
    let mut done = Vec::new();
    for task in tasks {
        // A panic in there is a panic here; a runtime that shuts down cancels both.
        done.extend(task.await.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic())));
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn results_come_in_the_order_of_the_items() {
        for length in 0..20 {
            let doubled = side_by_side((0..length).collect(), |item: usize| 2 * item).await;
            assert_eq!(doubled, (0..length).map(|item| 2 * item).collect::<Vec<_>>());
        }
    }
}

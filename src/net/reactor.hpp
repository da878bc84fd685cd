#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "net/fd.hpp"
#include "net/timer_wheel.hpp"

namespace net {

/// What a descriptor's owner does when the kernel says that it is ready. Edge-triggered: it must go on
/// until EAGAIN (a read that fills less than it was given room for is as good), or ask for another turn with
/// Reactor::again(), or come back by itself when whatever stopped it has gone (backpressure): the kernel does
/// not say the same thing twice.
class Handler {
 public:
  /// `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. May add and remove itself or any other
  /// handler, also destroy itself.
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~Handler() = default;
};

/// Names one registration; stays invalid for ever once removed, so an event that was already fetched for it
/// is dropped. Zero: not registered.
using Registration = std::uint64_t;

/// The event loop of one shard: one thread, one epoll descriptor, one timer wheel, one mailbox. Only post()
/// and stop() may be called from other threads.
///
/// A turn: wait; every handler that the kernel named; the tasks that were posted; the timers that are due
/// (after the handlers, so that octets that came in time stop an inactivity timer); those who called again().
class Reactor {
 public:
  /// Throws std::system_error when the process is out of descriptors.
  Reactor();
  /// Destroys the tasks that were not run. Nobody may be posting any more, and only such a task may still own
  /// a timer.
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Registers once for everything (IN | OUT | RDHUP, edge-triggered); no epoll_ctl afterwards.
  /// `handler` must outlive the registration. Zero when the kernel has no room (ENOSPC, ENOMEM).
  Registration add(int fd, Handler& handler);
  /// A listener: IN only, level-triggered, so that what was not accepted is said again. Who cannot accept
  /// (EMFILE) must remove it for a while, or the loop spins.
  Registration add_listener(int fd, Handler& handler);
  /// Also forgets a pending again(), and an event that was already fetched. Does not close the descriptor,
  /// which must still be open (its number could be another's by now). Nothing happens if it was removed
  /// before.
  void remove(Registration registration) noexcept;
  /// Calls on_ready(events) once more in this turn, after everybody else had theirs: for a handler that
  /// stopped because its budget was used up, not because of EAGAIN. Once a turn, so busy handlers alternate;
  /// the kernel's news for one that waits here is added to its `events`. `events` is not zero.
  void again(Registration registration, std::uint32_t events);

  /// Timers of this thread; a timer fires within one tick (8 ms) after its deadline. The thread keeps the
  /// kernel's default timer slack (50 us): beside a tick it is nothing, and it saves wake-ups.
  TimerWheel& timers() noexcept { return timers_; }
  /// The time when this turn began (when its wait ended): one look at the clock a turn.
  base::Time now() const noexcept { return now_; }

  /// One window of the size below for everybody's recv: its content dies when the handler returns.
  std::span<char> window() noexcept { return {window_.get(), window_size}; }
  /// 256 KiB: the knee of the measured curve, 90 % of the physical limit (see doc/performance.md).
  static constexpr std::size_t window_size = std::size_t{256} * 1024;

  /// From any thread: runs `task` on the reactor's thread, in the order of posting; what a task posts runs in
  /// the next turn. Tasks posted after stop() took effect are destroyed unrun, at once, by the thread that
  /// posts.
  void post(std::function<void()> task);
  /// Until stop(), for good: what was posted before stop() is still run.
  void run();
  /// One turn that waits at most `most` for something to do (tests, and the UE). Not from inside a handler, a
  /// task or a timer.
  void run_once(base::Duration most);
  /// From any thread, also before run().
  void stop();

 private:
  struct Slot {
    Handler* handler = nullptr;    // null: free
    std::uint32_t generation = 1;  // counts the registrations of this slot; 0 (after 2^32): never used again
    int fd = -1;
    std::uint32_t again = 0;  // what again() asked for; non-zero: in again_
  };
  Slot* find(Registration registration) noexcept;
  Registration insert(int fd, Handler& handler, std::uint32_t events);
  int timeout_ms(base::Duration most) const;
  void turn(base::Duration most);
  void dispatch(Registration registration, std::uint32_t events);
  void wake() noexcept;
  void run_posted();
  void run_again();
  void close_mailbox();

  Fd epoll_;
  Fd wakeup_;
  base::Time now_;
  TimerWheel timers_;
  std::unique_ptr<char[]> window_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Registration> again_;
  std::vector<Registration> again_now_;  // what run_again() works on; kept for its memory
  bool in_turn_ = false;
  std::mutex mailbox_lock_;
  std::vector<std::function<void()>> mailbox_;
  bool mailbox_closed_ = false;
  std::atomic<bool> stopping_{false};
};

}  // namespace net

#include "net/reactor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

#include "base/expect.hpp"

namespace net {
namespace {

constexpr Registration wakeup_mark = 0;  // no registration is zero

/// Events fetched by one epoll_wait: more cost stack and no longer save calls; the rest comes in the next
/// turn.
constexpr std::size_t batch = 256;

Fd checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), what);
  return Fd(fd);
}

}  // namespace

Reactor::Reactor()
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wakeup_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      now_(base::Clock::now()),
      timers_(now_),
      window_(std::make_unique_for_overwrite<char[]>(window_size)) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = wakeup_mark}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) != 0)
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
}

Reactor::~Reactor() {
  close_mailbox();
}

Registration Reactor::add(int fd, Handler& handler) {
  return insert(fd, handler, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

Registration Reactor::add_listener(int fd, Handler& handler) {
  return insert(fd, handler, EPOLLIN);
}

Registration Reactor::insert(int fd, Handler& handler, std::uint32_t events) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const auto index = free_slots_.back();
  Slot& slot = slots_[index];
  const auto registration = (Registration{slot.generation} << 32) | index;
  epoll_event event{.events = events, .data = {.u64 = registration}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    base::expect(errno == ENOSPC || errno == ENOMEM);
    return 0;
  }
  free_slots_.pop_back();
  slot.handler = &handler;
  slot.fd = fd;
  slot.again = 0;
  return registration;
}

Reactor::Slot* Reactor::find(Registration registration) noexcept {
  const auto index = static_cast<std::uint32_t>(registration);
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  return slot.handler != nullptr && slot.generation == registration >> 32 ? &slot : nullptr;
}

void Reactor::remove(Registration registration) noexcept {
  Slot* const slot = find(registration);
  if (slot == nullptr) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot->fd, nullptr);
  slot->handler = nullptr;
  if (++slot->generation != 0) free_slots_.push_back(static_cast<std::uint32_t>(registration));
}

void Reactor::again(Registration registration, std::uint32_t events) {
  base::expect(events != 0);
  Slot* const slot = find(registration);
  if (slot == nullptr) return;
  if (slot->again == 0) again_.push_back(registration);
  slot->again |= events;
}

void Reactor::post(std::function<void()> task) {
  bool first = false;
  {
    const std::scoped_lock lock(mailbox_lock_);
    if (mailbox_closed_) return;  // `task` is destroyed by the caller, after the lock is free
    first = mailbox_.empty();
    mailbox_.push_back(std::move(task));
  }
  // Whoever found it empty wakes the reactor; the others' tasks are taken together with that one.
  if (first) wake();
}

void Reactor::run() {
  while (!stopping_.load(std::memory_order_acquire)) turn(base::Duration::max());
  run_posted();
  close_mailbox();
}

void Reactor::run_once(base::Duration most) {
  turn(most);
}

void Reactor::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void Reactor::wake() noexcept {
  eventfd_write(wakeup_.get(), 1);
}

void Reactor::turn(base::Duration most) {
  base::expect(!std::exchange(in_turn_, true));
  std::array<epoll_event, batch> events;
  const int count = epoll_wait(epoll_.get(), events.data(), batch, timeout_ms(most));
  base::expect(count >= 0 || errno == EINTR);  // a signal: a turn without events
  now_ = base::Clock::now();
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == wakeup_mark)
      woken = true;
    else
      dispatch(event.data.u64, event.events);
  }
  if (woken) run_posted();
  timers_.advance(now_);
  run_again();
  in_turn_ = false;
}

/// Rounded up to what epoll_wait understands, so that a timer's tick has begun when it returns. Asks the
/// clock, not now_: the turn before may have been long.
int Reactor::timeout_ms(base::Duration most) const {
  if (!again_.empty()) return 0;
  if (const auto next = timers_.next(); next != base::never) most = std::min(most, next - base::Clock::now());
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(most, base::Duration::zero()));
  return static_cast<int>(std::min<std::int64_t>(ms.count(), std::numeric_limits<int>::max()));
}

void Reactor::dispatch(Registration registration, std::uint32_t events) {
  Slot* const slot = find(registration);
  if (slot == nullptr) return;  // removed by a handler before it in this batch
  // One that waits for its next turn gets the news then: otherwise it would have two turns to the others'
  // one.
  if (slot->again != 0)
    slot->again |= events;
  else
    slot->handler->on_ready(events);
}

void Reactor::run_posted() {
  eventfd_t ignored = 0;
  eventfd_read(wakeup_.get(), &ignored);
  std::vector<std::function<void()>> tasks;
  {
    const std::scoped_lock lock(mailbox_lock_);
    tasks.swap(mailbox_);
  }
  for (auto& task : tasks) std::exchange(task, nullptr)();
}

void Reactor::run_again() {
  again_now_.swap(again_);  // who asks again from here on waits for the next turn
  for (const auto registration : again_now_) {
    Slot* const slot = find(registration);
    if (slot == nullptr) continue;
    slot->handler->on_ready(std::exchange(slot->again, 0));
  }
  again_now_.clear();
}

void Reactor::close_mailbox() {
  std::vector<std::function<void()>> unrun;  // destroyed without the lock: they may post in their destructors
  const std::scoped_lock lock(mailbox_lock_);
  mailbox_closed_ = true;
  unrun.swap(mailbox_);
}

}  // namespace net

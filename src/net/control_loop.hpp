#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace net {

/// Why a listener could not be opened, a sentence that names the configured text.
struct ListenError {
  std::string reason;
};

class ControlLoop;

/// A timer or a file descriptor's watch on a ControlLoop. Its end, or cancel(), ends it: the function is
/// never called afterwards. Must not outlive its loop.
class ControlHandle {
 public:
  ControlHandle() = default;
  ControlHandle(ControlHandle&& other) noexcept { *this = std::move(other); }
  ControlHandle& operator=(ControlHandle&& other) noexcept;
  ControlHandle(const ControlHandle&) = delete;
  ControlHandle& operator=(const ControlHandle&) = delete;
  ~ControlHandle() { cancel(); }

  void cancel() noexcept;
  /// Whether the function may still be called.
  bool active() const noexcept;

 private:
  friend class ControlLoop;
  ControlHandle(ControlLoop& loop, std::uint64_t id) : loop_(&loop), id_(id) {}
  ControlLoop* loop_ = nullptr;
  std::uint64_t id_ = 0;
};

enum class Readiness : std::uint8_t { read, write };

/// The control plane's event loop: one thread, plain functions. Everything but post() and stop() belongs to
/// the thread that runs it; functions are called from run() only, never from inside the call that registered
/// them.
class ControlLoop {
 public:
  using Function = std::function<void()>;

  ControlLoop();
  ~ControlLoop();
  ControlLoop(const ControlLoop&) = delete;
  ControlLoop& operator=(const ControlLoop&) = delete;

  /// Serves until stop(), also when there is nothing to do. May be called again after it returned.
  void run();
  /// Serves until `done()` is true (asked after each function that was called) or `limit` has passed; returns
  /// done().
  bool run_until(const std::function<bool()>& done, base::Duration limit);
  /// Makes run() return soon. Any thread; also before run(), which then returns at once.
  void stop();
  /// Calls `function` on the loop's thread. Any thread.
  void post(Function function);

  base::Time now() const;
  /// Calls `function` once, after `delay`.
  [[nodiscard]] ControlHandle after(base::Duration delay, Function function);
  /// Calls `function` whenever `fd` is ready (level-triggered, errors count as ready), until the handle ends.
  /// The descriptor stays the caller's, who ends the handle before closing it. One watch a descriptor.
  [[nodiscard]] ControlHandle watch(int fd, Readiness readiness, Function function);
  /// Calls `function` with the number of each of these signals that arrives, as long as the loop lives.
  /// Throws std::system_error where the number is no signal.
  void on_signal(std::initializer_list<int> signals, std::function<void(int)> function);

  /// For the other files of this room.
  boost::asio::io_context& context() noexcept;

 private:
  friend class ControlHandle;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace net

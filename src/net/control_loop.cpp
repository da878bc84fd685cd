#include "net/control_loop.hpp"

#include <list>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace net {

namespace asio = boost::asio;
using boost::system::error_code;

struct ControlLoop::Impl {
  struct Timer {
    Timer(asio::io_context& in, base::Duration delay, Function call)
        : timer(in, delay), function(std::move(call)) {}
    asio::steady_timer timer;
    Function function;
  };
  struct Watch {
    Watch(asio::io_context& context, int fd) : descriptor(context, fd) {}
    ~Watch() { descriptor.release(); }  // the descriptor is its caller's
    asio::posix::stream_descriptor descriptor;
    Readiness readiness{};
    Function function;
  };
  struct Signals {
    Signals(asio::io_context& in, std::function<void(int)> call) : set(in), function(std::move(call)) {}
    asio::signal_set set;
    std::function<void(int)> function;
  };

  std::optional<asio::io_context> context{std::in_place, 1};  // one thread runs it
  /// By handle. An operation that completes after its entry is gone finds nothing here and does nothing.
  std::unordered_map<std::uint64_t, std::unique_ptr<Timer>> timers;
  std::unordered_map<std::uint64_t, std::unique_ptr<Watch>> watches;
  std::list<Signals> signals;
  std::uint64_t last_id = 0;

  /// Functions may own handles, which look for themselves here when they die with their function: so nothing
  /// dies inside an operation on a map, and the context with what it has still queued before the maps.
  ~Impl() {
    std::exchange(timers, {}).clear();
    std::exchange(watches, {}).clear();
    signals.clear();
    context.reset();
  }

  void on_timer(std::uint64_t id, const error_code& error) {
    const auto at = timers.find(id);
    if (at == timers.end() || error) return;
    const auto timer = std::move(at->second);
    timers.erase(at);
    timer->function();
  }

  void wait(std::uint64_t id, Watch& watch) {
    const auto what = watch.readiness == Readiness::read ? asio::posix::stream_descriptor::wait_read
                                                         : asio::posix::stream_descriptor::wait_write;
    watch.descriptor.async_wait(what, [this, id](const error_code& error) { on_ready(id, error); });
  }

  void on_ready(std::uint64_t id, const error_code& error) {
    const auto at = watches.find(id);
    if (at == watches.end() || error) return;
    const auto function = std::move(at->second->function);  // the call may end the watch
    function();
    const auto still = watches.find(id);
    if (still == watches.end()) return;
    still->second->function = function;
    wait(id, *still->second);
  }

  void wait(Signals& entry) {
    entry.set.async_wait([this, &entry](const error_code& error, int number) {
      if (error) return;
      entry.function(number);
      wait(entry);
    });
  }
};

ControlHandle& ControlHandle::operator=(ControlHandle&& other) noexcept {
  if (this != &other) {
    cancel();
    loop_ = std::exchange(other.loop_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

void ControlHandle::cancel() noexcept {
  if (auto* loop = std::exchange(loop_, nullptr)) {
    const auto timer = loop->impl_->timers.extract(id_);
    const auto watch = loop->impl_->watches.extract(id_);
  }
}

bool ControlHandle::active() const noexcept {
  return loop_ != nullptr && (loop_->impl_->timers.contains(id_) || loop_->impl_->watches.contains(id_));
}

ControlLoop::ControlLoop() : impl_(std::make_unique<Impl>()) {}
ControlLoop::~ControlLoop() = default;

void ControlLoop::run() {
  {
    const auto work = asio::make_work_guard(*impl_->context);
    impl_->context->run();
  }
  impl_->context->restart();  // the next run() serves again; the guard's end was a stop as well
}

bool ControlLoop::run_until(const std::function<bool()>& done, base::Duration limit) {
  const auto deadline = now() + limit;
  {
    const auto work = asio::make_work_guard(*impl_->context);
    while (!done() && impl_->context->run_one_until(deadline) > 0) {
    }
  }
  impl_->context->restart();
  return done();
}

void ControlLoop::stop() {
  impl_->context->stop();
}

void ControlLoop::post(Function function) {
  asio::post(*impl_->context, std::move(function));
}

base::Time ControlLoop::now() const {
  return base::Clock::now();
}

ControlHandle ControlLoop::after(base::Duration delay, Function function) {
  const auto id = ++impl_->last_id;
  auto timer = std::make_unique<Impl::Timer>(*impl_->context, delay, std::move(function));
  timer->timer.async_wait([impl = impl_.get(), id](const error_code& error) { impl->on_timer(id, error); });
  impl_->timers.emplace(id, std::move(timer));
  return {*this, id};
}

ControlHandle ControlLoop::watch(int fd, Readiness readiness, Function function) {
  const auto id = ++impl_->last_id;
  auto watch = std::make_unique<Impl::Watch>(*impl_->context, fd);
  watch->readiness = readiness;
  watch->function = std::move(function);
  impl_->wait(id, *watch);
  impl_->watches.emplace(id, std::move(watch));
  return {*this, id};
}

void ControlLoop::on_signal(std::initializer_list<int> signals, std::function<void(int)> function) {
  auto& entry = impl_->signals.emplace_back(*impl_->context, std::move(function));
  for (const int number : signals) {
    error_code error;
    entry.set.add(number, error);
    if (error) throw std::system_error(error, "signal " + std::to_string(number));
  }
  impl_->wait(entry);
}

asio::io_context& ControlLoop::context() noexcept {
  return *impl_->context;
}

}  // namespace net

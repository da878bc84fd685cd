#include "app/cdr_file.hpp"

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "net/fd.hpp"

namespace app {
namespace {

struct Output {
  std::string name;
  net::Fd fd;
  bool torn = false;  // the last line has no end: the disk was full
};

/// The errno of what went wrong; 0: nothing.
int write_all(Output& out, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(out.fd.get(), text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
      out.torn = !text.empty();
    } else if (n < 0 && errno == EAGAIN) {  // stdout may be non-blocking by whoever made it
      pollfd wanted{out.fd.get(), POLLOUT, 0};
      ::poll(&wanted, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      return n == 0 ? EIO : errno;
    }
  }
  return 0;
}

/// A pipe in the file system is not waited for: without a reader it cannot be opened.
net::Fd open_file(const std::string& name) {
  if (name == "-") return net::Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  net::Fd out(::open(name.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                     S_IRUSR | S_IWUSR | S_IRGRP));
  if (out) ::fcntl(out.get(), F_SETFL, O_APPEND);
  return out;
}

}  // namespace

/// Everything in it is under the mutex, but the output while a line is being written to it.
struct CdrFile::State {
  explicit State(base::Log& the_log) : log(&the_log) {}

  void run();
  void note(const Output& to, int error);

  std::mutex mutex;
  std::condition_variable work, rest;
  base::Log* log;  // nullptr: nobody is there any more
  std::shared_ptr<Output> output;
  std::deque<std::string> waiting;
  bool writing = false;
  bool failing = false, dropping = false;  // said in the log, until it is better
  Counters counters;
};

void CdrFile::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    work.wait(lock, [&] { return log == nullptr || !waiting.empty(); });
    if (log == nullptr) return;
    auto line = std::move(waiting.front());
    waiting.pop_front();
    const auto to = output;
    writing = true;
    lock.unlock();
    if (to->torn) line.insert(0, 1, '\n');
    const int error = write_all(*to, line);
    lock.lock();
    writing = false;
    note(*to, error);
    if (waiting.empty()) rest.notify_all();
  }
}

void CdrFile::State::note(const Output& to, int error) {
  ++(error == 0 ? counters.written : counters.failed);
  if (waiting.size() < max_waiting / 2) dropping = false;
  const bool news = error != 0 && !failing;
  failing = error != 0;
  if (news && log != nullptr)
    log->warning("cdr_failed", {{"file", to.name}, {"reason", std::generic_category().message(error)}});
}

CdrFile::CdrFile(base::Log& log)
    : state_(std::make_shared<State>(log)), thread_([state = state_] { state->run(); }) {}

base::Result<std::unique_ptr<CdrFile>, std::string> CdrFile::open(const std::string& target, base::Log& log) {
  std::unique_ptr<CdrFile> out(new CdrFile(log));
  if (auto opened = out->reopen(target); !opened) return opened.error();
  return out;
}

/// A thread that is in a write() may stay there for good: nobody waits for it.
CdrFile::~CdrFile() {
  bool stuck = false;
  {
    const std::scoped_lock lock(state_->mutex);
    stuck = state_->writing;
    state_->log = nullptr;
    state_->work.notify_all();
  }
  stuck ? thread_.detach() : thread_.join();
}

void CdrFile::put(std::string line) {
  const std::scoped_lock lock(state_->mutex);
  auto& state = *state_;
  if (!state.output) return;
  if (state.waiting.size() >= max_waiting) {
    ++state.counters.dropped;
    if (!std::exchange(state.dropping, true))
      state.log->warning("cdr_dropped", {{"file", state.output->name},
                                         {"why", "it does not take them fast enough, see the metric"}});
    return;
  }
  line.push_back('\n');
  state.waiting.push_back(std::move(line));
  state.work.notify_one();
}

base::Result<base::Ok, std::string> CdrFile::reopen(const std::string& target) {
  std::shared_ptr<Output> fresh;
  if (!target.empty()) {
    fresh = std::make_shared<Output>(Output{target, open_file(target)});
    if (!fresh->fd) return target + ": cannot be opened: " + std::generic_category().message(errno);
  }
  const std::scoped_lock lock(state_->mutex);
  if (!fresh) state_->waiting.clear();
  state_->output = std::move(fresh);
  state_->failing = false;
  return base::Ok{};
}

std::size_t CdrFile::flush(base::Duration patience) {
  std::unique_lock lock(state_->mutex);
  const auto left = [&] { return state_->waiting.size() + (state_->writing ? 1 : 0); };
  state_->rest.wait_for(lock, patience, [&] { return left() == 0; });
  return left();
}

CdrFile::Counters CdrFile::counters() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->counters;
}

}  // namespace app

#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace app {

/// Where call detail records go: a file, or stdout, line by line in the order in which they are put. A thread
/// of its own writes them, because a disk or whoever reads a pipe may make a writer wait: put() never does.
/// What cannot be written is lost, counted, and said once in the log until writing works again. The log
/// outlives it.
class CdrFile {
 public:
  /// Lines that wait for their turn: about 10 MB, some minutes of a busy gateway. Beyond, new ones are
  /// dropped.
  static constexpr std::size_t max_waiting = 10'000;

  /// As reopen() does. The error is a sentence that names the file.
  static base::Result<std::unique_ptr<CdrFile>, std::string> open(const std::string& target, base::Log& log);
  /// Does not wait for what is not written yet, see flush().
  ~CdrFile();
  CdrFile(const CdrFile&) = delete;
  CdrFile& operator=(const CdrFile&) = delete;

  /// `line` has no line end.
  void put(std::string line);
  /// Where lines go from now on: "-" is stdout, "" nowhere; otherwise a file, which is made where there is
  /// none and appended to. The same name again follows a file that was renamed. On an error all stays as it
  /// was.
  base::Result<base::Ok, std::string> reopen(const std::string& target);
  /// Waits until all is written, at most that long; how many lines are not.
  std::size_t flush(base::Duration patience);

  struct Counters {
    std::uint64_t written = 0;
    std::uint64_t failed = 0;
    std::uint64_t dropped = 0;
  };
  Counters counters() const;

 private:
  struct State;
  explicit CdrFile(base::Log& log);

  std::shared_ptr<State> state_;  // the thread's as well, which outlives this when it is stuck
  std::thread thread_;
};

}  // namespace app

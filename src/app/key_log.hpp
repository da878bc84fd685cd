#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace app {

/// The file of `--keylog`: NSS key-log lines with which a capture can be decrypted. Whoever reads it reads
/// the conversations, so it is made with mode 0600. Any thread.
class KeyLog {
 public:
  /// Appends to the file, makes it where there is none. The error is a sentence that names it.
  static base::Result<std::unique_ptr<KeyLog>, std::string> open(const std::string& file);
  ~KeyLog();
  KeyLog(const KeyLog&) = delete;
  KeyLog& operator=(const KeyLog&) = delete;

  void write(std::string_view line) const;

 private:
  explicit KeyLog(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace app

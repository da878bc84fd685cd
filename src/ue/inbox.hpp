#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/random.hpp"
#include "base/result.hpp"
#include "proto/msrp/events.hpp"
#include "proto/sdp/file.hpp"
#include "ue/file.hpp"

namespace ue {

/// What becomes of the messages that come: short text stays in memory, everything else streams into a file.
class Inbox {
 public:
  struct Options {
    std::string folder{};  // for files; empty: there are none, only memory
    /// Octets of a message in memory: a chat line, not a file.
    std::size_t memory = 1024 * 1024;
  };
  struct Message {
    std::string content_type;
    std::string text;  // in memory
    std::string path;  // or in this file
    std::uint64_t size = 0;
    std::string sha256;  // 32 octets
  };
  /// `status` is an MSRP code to answer or report with (RFC 4975 10).
  struct Failure {
    std::uint16_t status = 0;
    std::string why;
  };
  using Taken = base::Result<base::Ok, Failure>;

  Inbox(Options options, base::Random& random) : options_(std::move(options)), random_(random) {}

  /// The file-selector of the SDP offer (RFC 5547 6): what comes is a file of that name, size and hash.
  void expect(sdp::FileSelector file) { expected_ = std::move(file); }

  Taken on_started(const msrp::MessageStarted& event);
  Taken on_content(const msrp::Content& event);
  /// Size and hash are as the file-selector said, and the file has its name; or why not, and it is gone.
  base::Result<Message, Failure> on_received(const msrp::MessageReceived& event);
  /// False: nothing is known of it.
  bool on_aborted(msrp::IncomingId id) { return open_.erase(id.value) > 0; }

 private:
  struct Open {
    std::string content_type;
    std::string text;
    std::unique_ptr<FileSink> file;  // null: in memory
  };
  std::optional<Failure> differs(const Message& message) const;

  Options options_;
  base::Random& random_;
  std::optional<sdp::FileSelector> expected_;
  std::map<std::uint64_t, Open> open_;  // bounded by msrp::ReceiverOptions::incomplete
};

/// The filename parameter of a Content-Disposition (RFC 2183 2.3); empty where there is none.
std::string disposition_name(std::string_view value);

}  // namespace ue

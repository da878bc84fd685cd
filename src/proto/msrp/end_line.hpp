#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace msrp {

/// Watches the body of a request that we send: its end-line must not occur inside (RFC 4975 7.1). Any
/// occurrence of seven hyphens and the transaction id counts, whatever stands around it.
class EndLineGuard {
 public:
  explicit EndLineGuard(std::string_view transaction_id) { mark_.append("-------").append(transaction_id); }

  /// How many octets of the next piece may follow; fewer than all: the chunk must end there, and the rest
  /// goes under another transaction id. The octets admitted count as sent.
  std::size_t admit(std::string_view piece);

 private:
  std::string mark_;
  std::string tail_;  // the last mark_.size() - 1 octets sent
};

}  // namespace msrp

#pragma once
// Private to the room.
#include <string_view>

#include <openssl/bio.h>

#include "base/buffer.hpp"

namespace crypto {

/// What OpenSSL may read and where it may write, for the time of one call only.
struct Wire {
  std::string_view in;
  base::Buffer* out = nullptr;
};

/// Lends the caller's octets and buffer to the wire and takes them back at the end of the scope.
class WireTurn {
 public:
  WireTurn(Wire& wire, std::string_view in, base::Buffer& out) : wire_(wire) { wire_ = {in, &out}; }
  ~WireTurn() { wire_ = {}; }
  WireTurn(const WireTurn&) = delete;
  WireTurn& operator=(const WireTurn&) = delete;

 private:
  Wire& wire_;
};

/// A BIO that owns nothing: reads come straight out of the caller's receive buffer, writes go straight into
/// its send buffer. `wire` must outlive it.
BIO* new_wire_bio(Wire& wire);

}  // namespace crypto

#pragma once
#include "base/random.hpp"
#include "crypto/tls.hpp"
#include "net/reactor.hpp"
#include "ue/arguments.hpp"
#include "ue/conversation.hpp"
#include "ue/output.hpp"

namespace ue {

/// What every command works with; all of it outlives the command.
struct Tools {
  net::Reactor& reactor;
  base::Random& random;
  crypto::TlsContext* tls;        // null: no TLS
  base::Fingerprint fingerprint;  // of our certificate
  Output& output;
  const Arguments& arguments;

  /// What the command line says about our side of a call.
  Conversation::Options conversation() const;
};

inline constexpr int exit_good = 0, exit_failed = 1, exit_usage = 2;

}  // namespace ue

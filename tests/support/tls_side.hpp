#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/buffer.hpp"
#include "crypto/tls.hpp"
#include "tests/support/raw_tls.hpp"

namespace test {

inline constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();

/// The engine's own certificate, the one that its peer has, and a stranger's.
inline const crypto::Identity& ours() {
  static const auto identity = crypto::Identity::self_signed("ours");
  return identity;
}
inline const crypto::Identity& theirs() {
  static const auto identity = crypto::Identity::self_signed("theirs");
  return identity;
}
inline const crypto::Identity& another() {
  static const auto identity = crypto::Identity::self_signed("another");
  return identity;
}

inline crypto::TlsContext context(crypto::TlsContext::Options options = {}) {
  return *crypto::TlsContext::make(ours(), std::move(options));
}

/// A peer of one TLS version with `theirs`.
inline RawTls::Setup peer_setup(bool server, int version) {
  RawTls::Setup out;
  out.server = server;
  out.min_version = out.max_version = version;
  out.identity = &theirs();
  return out;
}

/// A TLS engine with the caller's duties done: what it did not take is given to it again, at most `step`
/// octets at a time.
struct TlsSide {
  TlsSide(crypto::TlsContext& context, crypto::TlsRole role, std::size_t cut = whole)
      : engine(context, role), step(cut) {
    if (role == crypto::TlsRole::client) engine.start(out);
  }

  void give(std::string_view octets) {
    kept += octets;
    feed();
  }
  void feed() {
    std::size_t at = 0;
    while (at < kept.size()) {
      const auto piece = std::string_view(kept).substr(at, step);
      const auto taken = engine.read(piece, plain, out);
      at += taken;
      if (taken < piece.size()) break;
    }
    kept.erase(0, at);
  }
  std::string take() {
    std::string octets(out.view());
    out.clear();
    return octets;
  }
  crypto::TlsEngine::State expect(const std::vector<base::Fingerprint>& fingerprints) {
    return engine.expect_peer(fingerprints, out);
  }
  std::string_view received() const { return plain.view(); }

  crypto::TlsEngine engine;
  std::size_t step;
  std::string kept;  // came, but not taken yet
  base::Buffer plain;
  base::Buffer out;
};

inline void talk(TlsSide& side, RawTls& raw) {
  raw.step();
  for (bool moved = true; moved;) {
    const auto there = side.take();
    raw.give(there);
    const auto back = raw.take();
    side.give(back);
    moved = !there.empty() || !back.empty();
  }
}

inline void talk(TlsSide& a, TlsSide& b) {
  for (bool moved = true; moved;) {
    const auto there = a.take();
    b.give(there);
    const auto back = b.take();
    a.give(back);
    moved = !there.empty() || !back.empty();
  }
}

}  // namespace test

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "crypto/identity.hpp"
#include "crypto/tls.hpp"

// Arbitrary octets into an engine in each of its states: never a crash, never plaintext before the peer is
// verified, and never any that the peer did not write. The first octet chooses where to begin, the second how
// to cut.
namespace {

using State = crypto::TlsEngine::State;

void must(bool condition) {
  if (!condition) std::abort();
}

struct Realm {
  crypto::Identity identity = crypto::Identity::self_signed("fuzz");
  crypto::TlsContext context = *crypto::TlsContext::make(identity, {});
};

struct Side {
  Side(Realm& own, crypto::TlsRole role) : realm(own), engine(own.context, role) {
    if (role == crypto::TlsRole::client) engine.start(out);
  }
  /// What was not taken is kept, as a caller must.
  void give(std::string_view octets) {
    kept += octets;
    const bool was_open = engine.state() == State::open;
    const auto before = plain.size();
    const auto taken = engine.read(kept, plain, out);
    must(taken <= kept.size());
    kept.erase(0, taken);
    switch (engine.state()) {
      case State::handshaking:
      case State::open:
        must(kept.empty());
        break;
      case State::unverified:
        must(plain.empty());
        break;
      case State::closed:
        must(was_open || engine.cause() == crypto::TlsCause::none);
        break;
      case State::failed:
        must(engine.cause() != crypto::TlsCause::none && !engine.detail().empty());
        must(was_open || plain.size() == before);
        must(!engine.write("no", out));
        break;
    }
  }
  std::string take() {
    std::string octets(out.view());
    out.clear();
    return octets;
  }

  Realm& realm;
  crypto::TlsEngine engine;
  std::string kept;
  base::Buffer plain;
  base::Buffer out;
};

/// The flights of a real handshake, until both are silent; `damage` is laid over the flight number `at`.
void shake_hands(Side& client, Side& server, int at = -1, std::string_view damage = {}) {
  int flight = 0;
  for (bool moved = true; moved; ++flight) {
    Side& from = flight % 2 == 0 ? client : server;
    Side& to = flight % 2 == 0 ? server : client;
    auto octets = from.take();
    moved = !octets.empty() || flight == 0;
    if (flight == at && !octets.empty() && !damage.empty()) {
      const auto start = static_cast<unsigned char>(damage.front()) * octets.size() / 256;
      for (std::size_t i = 1; i < damage.size() && start + i - 1 < octets.size(); ++i)
        octets[start + i - 1] = static_cast<char>(octets[start + i - 1] ^ damage[i]);
    }
    to.give(octets);
  }
}

void feed(Side& side, std::string_view octets, std::size_t cut) {
  side.give(octets.substr(0, std::min(cut, octets.size())));
  if (cut < octets.size()) side.give(octets.substr(cut));
}

/// In the middle of a handshake, at its beginning, or with real flights damaged.
void fuzz_handshake(Realm& ours, Realm& theirs, unsigned mode, std::size_t cut, std::string_view octets) {
  Side client(theirs, crypto::TlsRole::client);
  Side server(ours, crypto::TlsRole::server);
  Side& target = mode % 2 == 0 ? server : client;
  const auto& expected = mode % 2 == 0 ? theirs.identity : ours.identity;
  target.engine.expect_peer({expected.fingerprint()}, target.out);
  switch (mode / 2) {
    case 0:
      break;
    case 1:
      server.give(client.take());
      if (mode % 2 != 0) client.give(server.take().substr(0, cut));
      break;
    default:
      shake_hands(client, server, static_cast<int>(cut % 3), octets);
      break;
  }
  feed(target, octets, cut);
  must(target.plain.empty());
}

/// After the handshake: unverified, then expected or not, and octets behind the peer's own.
void fuzz_established(Realm& ours, Realm& theirs, unsigned mode, std::size_t cut, std::string_view octets) {
  Side client(theirs, crypto::TlsRole::client);
  Side server(ours, crypto::TlsRole::server);
  Side& target = mode % 2 == 0 ? server : client;
  Side& peer = mode % 2 == 0 ? client : server;
  shake_hands(client, server);
  must(target.engine.state() == State::unverified);
  peer.engine.expect_peer({target.realm.identity.fingerprint()}, peer.out);
  const bool known = (mode & 2) != 0;
  const bool stranger = (mode & 4) != 0;
  const auto& expected = stranger ? target.realm : peer.realm;
  if (known) target.engine.expect_peer({expected.identity.fingerprint()}, target.out);
  must(peer.engine.write("genuine", peer.out));
  const auto genuine = peer.take();
  feed(target, genuine + std::string(octets), cut);
  if (!known || stranger) must(target.plain.empty());
  if (!known) {
    target.engine.expect_peer({expected.identity.fingerprint()}, target.out);
    target.give({});
  }
  must(target.plain.view() == (stranger ? "" : "genuine"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Realm ours;
  static Realm theirs;
  if (size < 2) return 0;
  const unsigned mode = data[0] % 14;
  const std::size_t cut = data[1];
  const std::string_view octets(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (mode < 6) {
    fuzz_handshake(ours, theirs, mode, cut, octets);
  } else {
    fuzz_established(ours, theirs, mode - 6, cut, octets);
  }
  return 0;
}

#include <array>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "iq/explain_tables.hpp"

namespace iq {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

/// IANA's registry has the names; in the order of the numbers.
constexpr std::array packages = {
    Row{"g", "generic (H.248.1)"},
    Row{"root", "root: limits and timers (H.248.1)"},
    Row{"nt", "network: octets and duration (H.248.1)"},
    Row{"rtp", "RTP (H.248.1)"},
    Row{"chp", "congestion handling (H.248.10)"},
    Row{"it", "inactivity timer (H.248.14)"},
    Row{"prp", "profile handling (H.248.18)"},
    Row{"ocp", "overload control (H.248.11)"},
    Row{"ds", "differentiated services (H.248.52)"},
    Row{"gm", "gate management, source filter (H.248.43)"},
    Row{"tman", "traffic management (H.248.53)"},
    Row{"hangterm", "hanging termination (H.248.36)"},
    Row{"ipnapt", "IP NAPT traversal (H.248.37)"},
    Row{"nb", "notification behaviour (H.248.1)"},
    Row{"adid", "application data inactivity (H.248.40)"},
    Row{"ipdc", "IP domain connection (H.248.41)"},
    Row{"mgcinfo", "MGC information (H.248.45)"},
    Row{"seg", "segmentation (H.248.1 version 3)"},
    Row{"adr", "address reporting (H.248.37)"},
    Row{"scr", "statistic conditional reporting (H.248.47)"},
    Row{"rtcph", "RTCP handling (H.248.57)"},
    Row{"sdpr", "SDP RFC (H.248.49)"},
    Row{"sdpc", "SDP capability (H.248.49)"},
    Row{"tmanr", "traffic policing statistics (H.248.53)"},
    Row{"pacs", "packet size (H.248.53)"},
    Row{"ipra", "IP realm availability (H.248.41)"},
    Row{"lstat", "latch statistics (H.248.37)"},
    Row{"msrpstat", "MSRP statistics (H.248.69)"},
    Row{"msrpcs", "MSRP connection status (H.248.69)"},
    Row{"mess", "play message (H.248.69)"},
    Row{"delmess", "delete stored message (H.248.69)"},
    Row{"msi", "message session information (H.248.69)"},
    Row{"mf", "message filtering (H.248.69)"},
    Row{"mcbalg", "MGC-controlled bearer-level ALG (H.248.78)"},
    Row{"nattp2p", "peer-to-peer NAT traversal (H.248.84)"},
    Row{"tcphp", "TCP hole punching (H.248.84)"},
    Row{"tcptv", "TCP traffic volume (H.248.84)"},
    Row{"tcpccm", "TCP connection control metrics (H.248.84)"},
    Row{"tcpcqm", "TCP connection quality metrics (H.248.84)"},
    Row{"tcpbcc", "TCP basic connection control (H.248.89)"},
    Row{"tcprm", "TCP retransmission metrics (H.248.89)"},
    Row{"tlsbsc", "TLS basic session control (H.248.90)"},
    Row{"tlscn", "TLS capability negotiation (H.248.90)"},
    Row{"tlsm", "TLS session maintenance (H.248.90)"},
    Row{"tlstv", "TLS traffic volume (H.248.90)"},
    Row{"seplink", "stream endpoint interlinkage (H.248.92)"},
    Row{"aswp", "advanced SDP wildcarding (H.248.39)"},
    Row{"mgbalg", "MG-located bearer-level ALG (H.248.78)"},
    Row{"dtlscn", "DTLS capabilities (H.248.93)"},
    Row{"xpostern", "what Postern's own two ends tell each other"},
};

constexpr std::array elements = {
    Row{"g/cause", "general cause"},
    Row{"g/cause.Generalcause",
        "NR normal release, UR unavailable resources, FT temporary failure, FP permanent failure, "
        "IW interworking, UN unsupported"},
    Row{"g/cause.Failurecause", "in words"},
    Row{"g/sc", "signal completion"},
    Row{"root/maxNumberOfContexts", "contexts at a time"},
    Row{"root/maxTerminationsPerContext", "terminations in a context"},
    Row{"root/normalMGExecutionTime", "ms; a gateway that takes longer sends Pending"},
    Row{"root/normalMGCExecutionTime", "ms; a controller that takes longer sends Pending"},
    Row{"root/MGProvisionalResponseTimerValue", "ms until the gateway's Pending is awaited"},
    Row{"root/MGCProvisionalResponseTimerValue", "ms until the controller's Pending is awaited"},
    Row{"root/MGCOriginatedPendingLimit", "Pendings that the controller may send for a transaction"},
    Row{"root/MGOriginatedPendingLimit", "Pendings that the gateway may send for a transaction"},
    Row{"nt/os", "octets sent"},
    Row{"nt/or", "octets received"},
    Row{"nt/dur", "ms since the termination was added"},
    Row{"chp/mgcon", "the gateway is congested"},
    Row{"chp/mgcon.reduction", "percent of new work that it would rather not get"},
    Row{"it/ito", "nothing has been heard of the controller for some time"},
    Row{"it/ito.mit", "that time, in 10 ms"},
    Row{"ocp/mg_overload", "the gateway is overloaded"},
    Row{"ds/dscp", "code point of the packets that are sent"},
    Row{"gm/saf", "source address filter"},
    Row{"gm/sam", "addresses that may send"},
    Row{"gm/spf", "source port filter"},
    Row{"gm/spr", "ports that may send"},
    Row{"gm/esas", "explicit source address setting"},
    Row{"gm/lsa", "local source address"},
    Row{"tman/pol", "policing"},
    Row{"tman/sdr", "sustained rate, octets a second"},
    Row{"tman/mbs", "maximum burst, octets"},
    Row{"tman/pdr", "peak rate, octets a second"},
    Row{"tman/dvt", "delay variation tolerance"},
    Row{"hangterm/thb", "termination heartbeat: does the controller still know this termination?"},
    Row{"hangterm/thb.timerx", "seconds without a command until it is asked"},
    Row{"ipnapt/latch", "take the peer's address from what it sends"},
    Row{"ipnapt/latch.napt", "OFF, LATCH (once) or RELATCH (anew)"},
    Row{"adid/ipstop", "no data passes"},
    Row{"adid/ipstop.dt", "for so many seconds"},
    Row{"adid/ipstop.dir", "In, Out or Both ways"},
    Row{"ipdc/realm", "IP realm: on which side of the gateway"},
    Row{"ipra/ar", "realms that are available"},
    Row{"ipra/arc", "the available realms have changed"},
    Row{"tcpbcc/EstBNC", "establish the TCP connection"},
    Row{"tcpbcc/RelBNC", "release the TCP connection"},
    Row{"tcpbcc/BNCChange", "the TCP connection has changed"},
    Row{"tcpbcc/BNCChange.Type", "Est established, Fail not established, Rel released"},
    Row{"tlsbsc/EstBNC", "establish the TLS session"},
    Row{"tlsbsc/RelBNC", "release the TLS session"},
    Row{"tlsbsc/BNCChange", "the TLS session has changed"},
    Row{"tlsbsc/BNCChange.Type", "Est established, Fail not established, Rel released"},
    Row{"seplink/link", "what happens at one stream endpoint triggers the other"},
    Row{"mgbalg/alg", "the gateway rewrites what the bearer says of addresses"},
    Row{"xpostern/match", "how an aware termination finds its session: uri or session"},
    Row{"xpostern/local", "where the termination really listens"},
    Row{"xpostern/bearer", "everything that happens to the bearer"},
    Row{"xpostern/bearer.ev", "what happened"},
    Row{"xpostern/bearer.scope", "to one termination, or to the context"},
    Row{"xpostern/bearer.cause", "why, for people"},
    Row{"xpostern/bearer.reason", "why, for programs"},
};

constexpr std::array words = {
    Row{"Context=$", "a new context, the gateway chooses its number"},
    Row{"Context=-", "the null context: the gateway itself"},
    Row{"Context=*", "every context"},
    Row{"Method=Restart", "it begins, or has begun anew"},
    Row{"Method=Forced", "out of service now, calls end"},
    Row{"Method=Graceful", "out of service when its calls have ended"},
    Row{"Method=Disconnected", "there again after it could not be reached, calls go on"},
    Row{"Method=HandOff", "moves to another controller, which the old one wants"},
    Row{"Method=Failover", "moves to another controller, because the old one is lost"},
    Row{"Mode=Inactive", "nothing passes"},
    Row{"Mode=SendOnly", "to the peer only"},
    Row{"Mode=ReceiveOnly", "from the peer only"},
    Row{"Mode=SendReceive", "both ways"},
    Row{"Mode=Loopback", "back to the peer"},
    Row{"Pending", "is being executed, the reply follows"},
    Row{"TransactionResponseAck", "these replies have arrived"},
    Row{"ImmAckRequired", "the reply is to be acknowledged at once"},
    Row{"Audit", "nothing is to be told but whether it is there"},
    Row{"MgcIdToTry", "the controller to register with"},
    Row{"ServiceChangeAddress", "where later requests are to go"},
    Row{"Signals", "stop all signals"},
    Row{"Events", "forget all events"},
    Row{"Subtract", "leaves the context; statistics in the reply"},
};

std::string_view find(std::span<const Row> table, std::string_view name) {
  for (const auto& [key, text] : table) {
    if (base::iequals(key, name)) return text;
  }
  return {};
}

}  // namespace

std::string_view package_title(std::string_view package) noexcept {
  return find(packages, package);
}

std::string_view element_title(std::string_view element) noexcept {
  return find(elements, element);
}

std::string_view word_meaning(std::string_view word) noexcept {
  return find(words, word);
}

}  // namespace iq

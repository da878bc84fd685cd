// doc/interworking.md explains the decision with its tables; each row of them is a test here, so that neither
// the document nor the decision can change without the other.
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "controller/decision.hpp"

namespace controller {
namespace {

using Row = std::vector<std::string>;

/// The rows of the table that follows "<!-- table: NAME -->", without its head.
std::vector<Row> table(const std::string& name) {
  std::ifstream file(POSTERN_SOURCE_DIR "/doc/interworking.md");
  std::vector<Row> out;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "<!-- table: " + name + " -->") inside = true;
    if (inside && line.empty() && !out.empty()) break;
    if (!inside || !line.starts_with("|")) continue;
    Row row;
    std::string_view rest = std::string_view(line).substr(1);
    while (!rest.empty()) row.emplace_back(base::trim(base::take_until(rest, '|')));
    out.push_back(std::move(row));
  }
  if (out.size() > 2) out.erase(out.begin(), out.begin() + 2);  // the head and its rule
  return out;
}

std::string printed(const Row& row) {
  std::string out = "|";
  for (const auto& cell : row) out += " " + cell + " |";
  return out;
}

const base::Fingerprint some_fingerprint{"sha-256", std::string(32, 'x')};

std::optional<sdp::Setup> setup_of(const std::string& text) {
  if (text == "active") return sdp::Setup::active;
  if (text == "passive") return sdp::Setup::passive;
  if (text == "actpass") return sdp::Setup::actpass;
  return std::nullopt;
}

/// An end's section in plain TCP, of that kind; what the SDP cannot say, the hint does.
SectionFacts section(const std::string& kind, const std::string& setup) {
  SectionFacts out;
  out.host = "192.0.2.1";
  out.addresses = {*base::IpAddress::parse(out.host)};
  out.port = 1000;
  out.path = {"msrp://192.0.2.1:1000/s;tcp"};
  out.cema = kind == "cema";
  out.setup = setup_of(setup);
  return out;
}
ng::MsrpPeer hint_of(const std::string& kind) {
  if (kind == "cema") return ng::MsrpPeer::cema;
  if (kind == "sessmatch") return ng::MsrpPeer::sessmatch;
  return kind == "plain" ? ng::MsrpPeer::plain : ng::MsrpPeer::automatic;
}

std::string outcome(const End& offerer, End answerer, const OfferDecision& offered, const std::string& kind,
                    const std::string& setup) {
  answerer.sdp = section(kind, setup);
  const auto out = decide_answer(offerer, answerer, offered);
  if (!out) {
    for (const auto& [part, name] :
         std::map<std::string, std::string>{{"past the gateway", "refused"},
                                            {"both ends are passive", "nobody connects"},
                                            {"two clients", "two TLS clients"},
                                            {"cannot be served", "impossible"}})
      if (out.error().find(part) != std::string::npos) return name;
    return out.error();
  }
  std::string who = out->roles.offerer_active && out->roles.answerer_active ? "both connect"
                    : out->roles.offerer_active                             ? "offerer connects"
                                                                            : "recipient connects";
  return who + (out->shows_gateway ? ", sees gateway" : "") + (out->aware ? ", aware" : "");
}

/// offerer, its a=setup, recipient -> a=setup shown, path shown, the outcome if it waits, if it connects.
Row decide_interworking(const Row& row) {
  const auto& recipient = row.at(2);
  const bool known = !recipient.starts_with("not known");
  const auto kind = known ? recipient : recipient.substr(recipient.find(": ") + 2);
  End offerer{.sdp = section(row.at(0), row.at(1)), .hint = hint_of(row.at(0))};
  End answerer{.hint = known ? hint_of(recipient) : ng::MsrpPeer::automatic};
  const auto offered = decide_offer(offerer, answerer, {});
  Row out(row.begin(), row.begin() + 3);
  if (!offered) {
    ADD_FAILURE() << offered.error();
    return out;
  }
  EXPECT_EQ(offered->cema, !offered->shows_gateway);
  out.emplace_back(sdp::to_string(*offered->setup));
  out.emplace_back(offered->shows_gateway ? "gateway" : "own");
  out.push_back(outcome(offerer, answerer, *offered, kind, "passive"));
  out.push_back(outcome(offerer, answerer, *offered, kind, "active"));
  return out;
}

TEST(Interworking, EveryRowOfItsTable) {
  const auto rows = table("interworking");
  EXPECT_EQ(rows.size(), 45u);
  for (const auto& row : rows) EXPECT_EQ(printed(row), printed(decide_interworking(row)));
}

/// An end-to-end TLS section: its roles are passed on.
TEST(EndToEnd, EveryRowOfItsTable) {
  const auto rows = table("end-to-end");
  EXPECT_GE(rows.size(), 8u);
  for (const auto& row : rows) {
    End offerer{.sdp = section(row.at(0), row.at(1)), .hint = hint_of(row.at(0))};
    End answerer{.hint = hint_of(row.at(2))};
    offerer.sdp->tls = true;
    const auto offered = decide_offer(offerer, answerer, {});
    Row out(row.begin(), row.begin() + 4);
    if (offered) {
      EXPECT_TRUE(offered->security.end_to_end && !offered->setup);
      answerer.sdp = section(row.at(2), row.at(3));
      answerer.sdp->tls = true;
      const auto answer = decide_answer(offerer, answerer, *offered);
      const auto refusal = answer                                                    ? ""
                           : answer.error().find("two clients") != std::string::npos ? "two TLS clients"
                           : answer.error().find("passive") != std::string::npos     ? "nobody connects"
                                                                                     : "impossible";
      out.emplace_back(!answer                        ? refusal
                       : answer->roles.offerer_active ? "offerer connects"
                                                      : "recipient connects");
    } else {
      out.emplace_back("impossible");
    }
    EXPECT_EQ(printed(row), printed(out));
  }
}

E2ae e2ae_of(const std::string& text) {
  return text == "required" ? E2ae::required : text == "off" ? E2ae::off : E2ae::preferred;
}

/// offer, its realm's e2ae, the recipient's realm's e2ae, flags -> towards the offerer, towards the
/// recipient.
TEST(Security, EveryRowOfItsTable) {
  const auto rows = table("security");
  EXPECT_GE(rows.size(), 30u);
  for (const auto& row : rows) {
    auto offer = section("cema", "actpass");
    offer.tls = row.at(0) != "TCP";
    offer.fingerprints = {some_fingerprint};
    offer.e2ae_requested = row.at(0) == "TLS, e2ae requested";
    offer.mikey = row.at(0) == "TLS, MIKEY";
    SecurityFlags flags;
    flags.e2ae = row.at(3).find("msrp-e2ae") != std::string::npos;
    if (row.at(3).find("msrp-tls=tls") != std::string::npos) flags.tls = ng::MsrpTls::tls;
    if (row.at(3).find("msrp-tls=tcp") != std::string::npos) flags.tls = ng::MsrpTls::tcp;
    if (row.at(3).find("msrp-tls=passthru") != std::string::npos) flags.tls = ng::MsrpTls::passthru;
    const RealmPolicy from{.name = "from", .e2ae = e2ae_of(row.at(1))};
    const RealmPolicy to{.name = "to", .e2ae = e2ae_of(row.at(2))};
    const auto decided = decide_security(offer, flags, from, to);
    const auto side = [](bool tls, bool e2ae) { return e2ae ? "TLS, applied" : tls ? "TLS" : "TCP"; };
    Row out(row.begin(), row.begin() + 4);
    if (!decided) {
      out.insert(out.end(), {"refused", "refused"});
    } else if (decided->end_to_end) {
      out.insert(out.end(), {"untouched", "untouched"});
    } else {
      out.emplace_back(side(decided->offerer_tls, decided->offerer_e2ae));
      out.emplace_back(side(decided->answerer_tls, decided->answerer_e2ae));
    }
    EXPECT_EQ(printed(row), printed(out));
  }
}

}  // namespace
}  // namespace controller

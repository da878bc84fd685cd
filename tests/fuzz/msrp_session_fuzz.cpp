// A session that hears arbitrary octets in one of several situations. "@" in a start line or end-line stands
// for the last transaction id that the session has used, so that responses and REPORTs can hit.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/support/msrp_session.hpp"

namespace {

void must(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

msrp::SessionOptions options_for(std::uint8_t situation) {
  auto options = situation & 1 ? test::MsrpEnd::alice() : test::MsrpEnd::bob();
  options.local = *msrp::parse_uri("msrp://b:2/s;tcp");
  options.remote = *msrp::parse_path("msrp://a:1/r;tcp");
  options.sender.fixed_chunk = situation & 2 ? 3000 : 0;
  options.sender.messages = options.sender.transactions = 3;
  options.receiver.report_each_chunk = situation & 4;
  options.receiver.max_message = situation & 8 ? 100 : 0;
  options.receiver.incomplete = options.receiver.finished = 3;
  options.receiver.ranges = options.sender.report_ranges = 3;
  options.control_limit = 4000;
  return options;
}

// What a session tells must make sense in itself.
class Ledger {
 public:
  void note(const msrp::SessionEvent& event) {
    if (const auto* e = std::get_if<msrp::MessageStarted>(&event)) open_[e->id.value] = 0;
    if (const auto* e = std::get_if<msrp::Content>(&event)) {
      must(open_.count(e->id.value) == 1, "content of no message");
      must(e->offset + e->octets.size() <= msrp::max_position, "an impossible offset");
      octets_ += e->octets.size();
    }
    if (const auto* e = std::get_if<msrp::MessageReceived>(&event)) {
      must(open_.erase(e->id.value) == 1, "no message was received");
      must(e->size <= octets_, "octets that never came");
    }
    if (const auto* e = std::get_if<msrp::MessageAborted>(&event))
      must(open_.erase(e->id.value) == 1, "aborted twice");
  }
  std::size_t open() const { return open_.size(); }

 private:
  std::map<std::uint64_t, int> open_;
  std::uint64_t octets_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  test::SeededRandom random(data[0]);
  msrp::Session session(options_for(data[0]), random);
  const std::size_t piece = 1 + data[1] % 50;
  base::Time now{};
  base::Buffer out;
  Ledger ledger;
  session.on_connected();
  if (data[0] & 16) (void)session.send(msrp::text_message(std::string(5000, 'x')));
  auto message = msrp::text_message("hello");
  message.success_report = true;
  message.message_id = "m0m0";
  if (data[0] & 32) (void)session.send(std::move(message));

  const std::string_view wire(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::string last = "none";
  bool good = true;
  for (std::size_t at = 0; at < wire.size() && good; at += piece) {
    std::string heard;
    for (const char c : wire.substr(at, piece)) heard += c == '@' ? last : std::string(1, c);
    good = session.on_bytes(heard);
    while (const auto event = session.take_event()) ledger.note(*event);
    must(ledger.open() <= 3, "more incomplete messages than the limit");
    must(session.produce(out, piece * 10, now) == out.size(), "octets miscounted");
    must(out.size() <= piece * 10 + 2048 + 1024, "more octets than there was room for");
    if (const auto start = out.view().find("MSRP "); start != std::string_view::npos)
      last = out.view().substr(start + 5, out.view().find(' ', start + 5) - start - 5);
    out.clear();
    now += std::chrono::seconds(1);
    if (session.deadline() <= now) session.on_time(now);
    must(session.deadline() > now, "a deadline that has passed");
  }
  session.on_closed();
  while (const auto event = session.take_event()) ledger.note(*event);
  must(ledger.open() == 0, "a message without an end");
  return 0;
}

// The output of a link: how a message goes out, whole or in parts.
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "gateway/link.hpp"
#include "proto/msrp/byte_range.hpp"

namespace gateway {
namespace {

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

bool wants_answer(const msrp::HeadView& head) {
  return head.method != msrp::method::report &&
         !(head.method == msrp::method::send && base::iequals(head.failure_report, "no"));
}

bool wants_ok(const msrp::HeadView& head) {
  return !base::iequals(head.failure_report, "partial");
}

/// As a rule all that changes of a message stands together: what comes before it, and what comes behind, is
/// written as it came.
std::string_view start_line(const msrp::HeadView& head) {
  const auto* begin = head.transaction_id.data() - std::string_view("MSRP ").size();
  return {begin, static_cast<std::size_t>(head.fields.front().data() - begin)};
}
/// Hyphens, flag and CRLF are ten octets.
std::size_t end_line_size(std::string_view id) {
  return id.size() + 10;
}
std::string_view behind_paths(const msrp::HeadView& head, std::size_t size) {
  const auto* end = start_line(head).data() + size;
  return {head.fields.back().data(), static_cast<std::size_t>(end - head.fields.back().data())};
}

}  // namespace

/// A message whose end is here, too: nothing of it has to be remembered but that it wants an answer.
std::size_t Link::pass_whole(const msrp::HeadView& head, Leg& leg, std::string_view in,
                             const msrp::BodyScanner::Found& body) {
  auto& sink = *leg.other->link;
  const bool send = head.method == msrp::method::send;
  const auto minted = sink.mints_ ? mint_whole(head, leg) : std::string();
  const auto id = minted.empty() ? head.transaction_id : std::string_view(minted);
  if (minted.empty() && wants_answer(head)) leg.transactions.expect(id, send);
  const char flag = head.flag != 0 ? head.flag : body.flag;
  const auto size = head.size + body.consumed;
  const auto& paths = leg.other->paths.whole();
  const std::string_view crlf = head.flag != 0 ? "" : "\r\n";
  // The CRLF before the end-line is missing behind some bodies of no octets.
  const bool usual = head.flag != 0 || body.consumed == body.body + crlf.size() + end_line_size(id);
  if (minted.empty() && usual) {
    write_to(*leg.other, {start_line(head), paths, head.fields[0], head.fields[1], behind_paths(head, size)});
  } else {
    write_to(*leg.other, {"MSRP ",
                          id,
                          " ",
                          head.method,
                          "\r\n",
                          paths,
                          head.fields[0],
                          head.fields[1],
                          head.fields[2],
                          crlf,
                          in.substr(head.size, body.body),
                          crlf,
                          "-------",
                          id,
                          {&flag, 1},
                          "\r\n"});
  }
  leg.count_in(head.method, 0);
  leg.other->count_out(head.method, 0);
  if (send) {
    leg.count_payload(body.body, 0);
    leg.other->count_payload(0, body.body);
    note_end(leg, head.message_id, body.body, flag);
    leg.other->count_end_out(flag);
  }
  leg.take_octets(size);
  sink.turn_octets_ += size;
  sink.leave(*this);
  return size;
}

/// The id that it goes out with.
std::string Link::mint_whole(const msrp::HeadView& head, Leg& leg) {
  const auto token = base::random_token(random_, token_length);
  auto id = token + ".1";
  if (!wants_answer(head)) return id;
  leg.transactions.begin(token, {.id = std::string(head.transaction_id),
                                 .is_send = head.method == msrp::method::send,
                                 .wants_ok = wants_ok(head),
                                 .complete = true,
                                 .waiting = 1});
  leg.transactions.expect_part(id);
  return id;
}

void Link::pass_response(const msrp::HeadView& head, Leg& to, std::string_view id, bool to_send) {
  const auto& paths = to_send ? to.paths.next_hop() : to.paths.whole();
  const auto& [before, between, behind] = head.fields;
  to.count_out({}, head.status);
  if (head.flag == '$' && !head.comment.empty() && id == head.transaction_id)
    return write_to(to, {start_line(head), paths, before, between, behind_paths(head, head.size)});
  const auto comment = head.comment.empty() ? msrp::phrase(head.status) : head.comment;
  write_to(to, {"MSRP ", id, " ", std::to_string(head.status), " ", comment, "\r\n", paths, before, between,
                behind, "-------", id, "$\r\n"});
}

/// A SEND whose end has not come yet, or that is too long for one chunk. The sink is this link's to write.
void Link::begin(const msrp::HeadView& head, Leg& leg) {
  in_body_ = true;
  in_.leg = &leg;
  in_.id = head.transaction_id;
  in_.message_id = head.message_id;
  in_.wants_answer = wants_answer(head);
  in_.wants_ok = wants_ok(head);
  in_.octets = in_.part_octets = in_.parts = 0;
  in_.token.clear();
  in_.part_id.clear();
  in_.last = wire_.now();
  keep_fields(head);
  leg.take_octets(head.size);
  const auto range = msrp::parse_byte_range(head.byte_range);
  in_.position = range ? range->start - 1 : 0;
  const auto* known = leg.policed.find(in_.message_id);
  in_.before = known ? known->octets : 0;
  in_.total = range && range->total ? std::to_string(*range->total) : "*";
  auto& sink = *leg.other->link;
  const auto most = leg.other->policy().max_chunk;
  const bool fits = most == 0 || (range && range->end && *range->end <= in_.position + most);
  if (sink.mints_ || !fits) {
    open_part();
    return;
  }
  if (in_.wants_answer) leg.transactions.expect(in_.id, true);
  in_.part_id = in_.id;
  in_.open = true;
  write_to(*leg.other, {start_line(head), leg.other->paths.whole(), head.fields[0], head.fields[1],
                        behind_paths(head, head.size)});
}

/// All but the Byte-Range, and where it stood.
void Link::keep_fields(const msrp::HeadView& head) {
  in_.fields.clear();
  in_.range_at = 0;
  const auto* value = head.byte_range.data();
  for (const auto text : head.fields) {
    const bool inside = value && value >= text.data() && value <= text.data() + text.size();
    if (!inside) {
      in_.fields += text;
      continue;
    }
    const auto at = static_cast<std::size_t>(value - text.data());
    const auto line = text.rfind('\n', at) + 1;  // 0 where it is the first one
    in_.range_at = in_.fields.size() + line;
    in_.fields.append(text.substr(0, line)).append(text.substr(text.find('\n', at) + 1));
  }
}

/// From here on it goes out under ids of our own. What has gone out under its own id is the first part.
void Link::mint() {
  in_.token = base::random_token(random_, token_length);
  if (!in_.wants_answer) return;
  auto& transactions = in_.leg->transactions;
  Original original{.id = in_.id, .wants_ok = in_.wants_ok};
  const bool begun = !in_.part_id.empty();
  const bool waiting = begun && transactions.take(in_.id) == Transactions::Kind::send;
  original.waiting = waiting;
  original.answered = begun && !waiting;
  transactions.begin(in_.token, std::move(original));
  if (waiting) transactions.add_alias(in_.token);
}

void Link::next_part() {
  if (in_.token.empty()) mint();
  in_.part_id = in_.token + '.' + std::to_string(++in_.parts);
  auto& transactions = in_.leg->transactions;
  if (auto* original = transactions.find(in_.token)) {
    ++original->waiting;
    transactions.expect_part(in_.part_id);
  }
}

std::string Link::part_head() const {
  const auto fields = std::string_view(in_.fields);
  return std::string("MSRP ")
      .append(in_.part_id)
      .append(" SEND\r\n")
      .append(in_.leg->other->paths.whole())
      .append(fields.substr(0, in_.range_at))
      .append("Byte-Range: ")
      .append(std::to_string(in_.position + in_.octets + 1))
      .append("-*/")
      .append(in_.total)
      .append("\r\n")
      .append(fields.substr(in_.range_at))
      .append("\r\n");
}

/// False: the sink is somebody else's now, or full; the input is stopped.
bool Link::open_part() {
  auto& sink = *in_.leg->other->link;
  if (!sink.admits(*this)) {
    wait_for(sink);
    return false;
  }
  next_part();
  write_to(*in_.leg->other, {part_head()});
  in_.open = true;
  in_.part_octets = 0;
  return true;
}

void Link::close_part(char flag) {
  auto& other = *in_.leg->other;
  auto& sink = *other.link;
  write_to(other, {"\r\n-------", in_.part_id, {&flag, 1}, "\r\n"});
  in_.open = false;
  other.count_out(msrp::method::send, 0);
  other.count_end_out(flag);
  sink.turn_octets_ = turn;  // those who wait are next
  sink.leave(*this);
}

/// How many octets of them have gone; fewer than all: the input is stopped.
std::size_t Link::write_body(std::string_view octets) {
  auto& leg = *in_.leg;
  auto& sink = *leg.other->link;
  const auto most = leg.other->policy().max_chunk;
  const auto limit = most == 0 ? unlimited : most;
  std::size_t done = 0;
  while (done < octets.size()) {
    const bool others = in_.part_octets >= msrp::chunk_octets && sink.is_wanted();
    if (in_.open && (in_.part_octets >= limit || others)) close_part('+');
    if (!in_.open && !open_part()) break;
    if (sink.wire_.blocked()) {
      wait_for(sink);
      break;
    }
    const auto piece = octets.substr(done, limit - in_.part_octets);
    write_to(*leg.other, {piece});
    in_.part_octets += piece.size();
    in_.octets += piece.size();
    done += piece.size();
  }
  in_.last = wire_.now();
  leg.take_octets(done);
  leg.count_payload(done, 0);
  leg.other->count_payload(0, done);
  return done;
}

/// False: the part that has to carry the end cannot be opened now.
bool Link::finish(char flag) {
  if (!in_.open && !open_part()) return false;
  auto& leg = *in_.leg;
  close_part(flag);
  leg.count_in(msrp::method::send, 0);
  note_end(leg, in_.message_id, in_.octets, flag);
  drop_inbound();
  return true;
}

/// No more of it goes out. It is answered when all of its parts are.
void Link::drop_inbound() {
  auto& leg = *std::exchange(in_.leg, nullptr);
  in_.fields = {};
  if (auto* original = in_.token.empty() ? nullptr : leg.transactions.find(in_.token)) {
    original->complete = true;
    conclude(leg, in_.token);
  }
}

void Link::conclude(Leg& leg, const std::string& token) {
  const auto* original = leg.transactions.find(token);
  if (!original || !original->complete || original->waiting > 0) return;
  if (!original->answered && original->wants_ok) answer(leg, original->id, 200);
  leg.transactions.end(token);
}

/// The receiver must not wait for the rest of it.
void Link::cut() {
  auto& leg = *in_.leg;
  if (in_.open) {
    close_part('#');
  } else {
    next_part();
    leg.other->link->write_own_of(*leg.other, {part_head(), "\r\n-------", in_.part_id, "#\r\n"});
    leg.other->count_out(msrp::method::send, 0);
    leg.other->count_end_out('#');
  }
  leg.count_in(msrp::method::send, 0);
  leg.count_end_in('#');
  drop_inbound();
}

/// Its sender hears that it has failed.
void Link::give_up(std::uint16_t status) {
  auto& leg = *in_.leg;
  bool owed = in_.wants_answer;
  if (in_.token.empty()) {
    leg.transactions.take(in_.id);
  } else if (auto* original = leg.transactions.find(in_.token)) {
    owed = !std::exchange(original->answered, true);
  }
  cut();
  if (owed) answer(leg, in_.id, status);
}

/// The far end has refused a part of it.
void Link::cut_off(const std::string& token) {
  if (!in_.leg || in_.token != token) return;
  cut();
  wake();
}

}  // namespace gateway

// The input of a link: whose message it is, and whether it may pass.
#include "gateway/link.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gateway {
namespace {

/// With what was kept, so many octets of what is new are looked at: as a rule they complete a head.
constexpr std::size_t slice = 4096;

}  // namespace

Link::Link(Wire& wire, Router& router, base::Random& random, bool mints)
    : wire_(wire), router_(router), random_(random), mints_(mints) {}

Link::~Link() {
  end();
  for (auto* waiter : waiters_) {
    waiter->waits_for_ = nullptr;
    waiter->wake();
  }
}

void Link::take(std::string_view octets) {
  while (!carry_.empty() && !octets.empty() && hungry()) {
    const auto kept = carry_.size();
    const auto more = octets.substr(0, slice);
    carry_.append(more);
    const auto done = run(carry_.view());
    if (done >= kept) {
      carry_.release();
      octets.remove_prefix(done - kept);
    } else {
      carry_.consume(done);
      octets.remove_prefix(more.size());
    }
  }
  if (carry_.empty() && hungry()) octets.remove_prefix(run(octets));
  if (broken_) return carry_.release();
  carry_.append(octets);
  if (!stopped_) leave_it_with_the_peer();
}

/// What comes next would have to be held here while the sink is full.
void Link::leave_it_with_the_peer() {
  if (last_ && last_->open && last_->other->link->wire_.blocked()) wait_for(*last_->other->link);
}

void Link::go_on() {
  hurry();
  if (broken_) return;
  stopped_ = false;
  replay();
  carry_.consume(run(carry_.view()));
  if (carry_.empty() || broken_) carry_.release();
  if (!stopped_) stop_waiting();
  if (!stopped_) leave_it_with_the_peer();
}

void Link::wake() {
  wire_.again();
}

std::size_t Link::run(std::string_view in) {
  std::size_t done = 0;
  while (done < in.size() && hungry()) {
    if (!in_body_ && !replayed_ && next_aside()) {  // it came before
      replay();
      continue;
    }
    whose_ = in_body_ ? in_.leg : nullptr;
    const auto n = in_body_ ? body(in.substr(done)) : head(in.substr(done));
    if (n == 0) break;
    if (whose_) whose_->count_octets(n, 0);
    done += n;
  }
  return done;
}

/// For another reason than a sink: nobody there has to wait for this one.
std::size_t Link::stop() noexcept {
  stop_waiting();
  stopped_ = true;
  return 0;
}

std::size_t Link::head(std::string_view in) {
  const auto found = scanner_.scan(in);
  if (!found) {
    broken_ = true;
    why_ = "not MSRP: " + std::string(to_string(found.error().code));
    end();
    return 0;
  }
  if (!*found) return 0;
  return (*found)->is_request() ? request(**found, in) : response(**found, in);
}

std::size_t Link::request(const msrp::HeadView& head, std::string_view in) {
  if (replies_.size() >= most_replies) return stop();
  const auto [leg, refused, asked] = router_.route(*this, head);
  if (!leg) return refused == 0 ? stop() : refuse(head, refused, asked);
  whose_ = last_ = leg;
  if (must_wait(*leg)) return set_aside(*leg, head, in);
  if (over_rate(*leg)) return stop();
  msrp::BodyScanner::Found body;
  if (head.flag == 0) {
    in_.body.begin(head.transaction_id);
    body = in_.body.scan(in.substr(head.size));
  }
  const auto status = refusal(*leg, head, body.body);
  // The far end may have the beginning of it, and must hear that no more will come.
  const auto* known = status == 0 ? nullptr : leg->policed.find(head.message_id);
  const bool ends_here = known && known->refused == 0 && head.flag == 0;
  if (status != 0 && !ends_here) return refuse(head, status, leg);
  const bool whole = head.flag != 0 || body.flag != 0;
  const bool send = head.method == msrp::method::send;
  if (!whole && !send) return 0;
  auto& sink = *leg->other->link;
  if (!sink.admits(*this)) return wait_for(sink);
  leg->messages.take(1);
  const auto most = leg->other->policy().max_chunk;
  if (ends_here) {
    begin(head, *leg);
    reject(status);
    return head.size;
  }
  if (whole && (!send || most == 0 || body.body <= most)) return pass_whole(head, *leg, in, body);
  begin(head, *leg);
  return head.size + pass_body(in.substr(head.size), body);
}

std::size_t Link::swallow(const msrp::HeadView& head) {
  in_.leg = nullptr;
  in_body_ = head.flag == 0;
  if (in_body_) in_.body.begin(head.transaction_id);
  return head.size;
}

/// To who asked, if anybody did (peers.md H3), and always with a comment (H1). A closed gate holds it back.
std::size_t Link::response(const msrp::HeadView& head, std::string_view in) {
  auto* from = router_.route_response(*this, head);
  if (!from || !from->joined) return swallow(head);
  if (!from->open) return set_aside(*from, head, in);
  whose_ = from;
  auto& to = *from->other;
  if (!to.link->admits(*this)) return wait_for(*to.link);
  from->count_in({}, head.status);
  switch (to.transactions.take(head.transaction_id)) {
    case Transactions::Kind::none:
      break;
    case Transactions::Kind::send:
      pass_response(head, to, head.transaction_id, true);
      break;
    case Transactions::Kind::other:
      pass_response(head, to, head.transaction_id, false);
      break;
    case Transactions::Kind::part:
      answer_part(head, to, to.transactions.token_of(head.transaction_id));
      break;
  }
  to.link->leave(*this);
  return swallow(head);
}

/// Of a request that went out under ids of our own: its sender gets the first refusal at once, or one 200 for
/// all parts.
void Link::answer_part(const msrp::HeadView& head, Leg& to, const std::string& token) {
  auto* const found = to.transactions.find(token);
  if (!found) return;
  auto& original = *found;
  if (!original.is_send) {
    pass_response(head, to, original.id, false);
    return to.transactions.end(token);
  }
  if (original.waiting > 0) --original.waiting;  // a peer may use an id twice
  if (head.status / 100 != 2) {
    if (!original.answered) to.link->answer(to, original.id, head.status, head.comment);
    original.answered = true;
    to.link->cut_off(token);
  }
  to.link->conclude(to, token);
}

std::size_t Link::body(std::string_view in) {
  if (in_.leg && (!in_.leg->open || over_rate(*in_.leg))) return stop();
  return pass_body(in, in_.body.scan(in));
}

std::size_t Link::pass_body(std::string_view in, const msrp::BodyScanner::Found& found) {
  if (in_.leg) {
    const auto most = in_.leg->max_message();
    if (most != 0 && std::max(in_.position, in_.before) + in_.octets + found.body > most) reject(413);
  }
  if (in_.leg) {
    const auto written = write_body(in.substr(0, found.body));
    if (written < found.body) return written;
    if (found.flag != 0 && !finish(found.flag)) return written;
  }
  if (found.flag != 0) in_body_ = false;
  return found.consumed;
}

void Link::end() {
  stop_waiting();
  if (in_.leg) cut();
}

void Link::lose_receiver(Leg& leg) {
  if (in_.leg == &leg) give_up(408);
  forget(leg);
}

void Link::forget(Leg& leg) {
  for (auto& aside : asides_)
    if (aside.leg == &leg) aside.leg = nullptr;
  if (in_.leg == &leg) cut();
  if (last_ == &leg) last_ = nullptr;
  stop_waiting();  // it may have been that session's message
  wake();
}

}  // namespace gateway

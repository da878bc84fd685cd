#include "proto/h248/transactions.hpp"

#include "proto/h248/incoming.hpp"
#include "proto/h248/outgoing.hpp"

namespace h248 {

struct Transactions::Impl {
  Impl(Options given, Wire& wire, User& his, base::Random& random)
      : options(std::move(given)),
        user(his),
        post(options, wire, counters),
        outgoing(options, post, random, counters),
        incoming(options, post, random, counters) {}

  void receive(Transaction& transaction, bool beyond, const Route& from, base::Time now);
  void on_request(TransactionRequest& request, bool beyond, const Route& from, base::Time now);
  void on_reply(TransactionReply& reply, const Route& from);
  void on_broken(const Error& error, const Route& from, base::Time now);
  void refuse(const Error& error, const Route& to, base::Time now);
  void tell_error(const ErrorDescriptor& error, const Route& to, base::Time now);

  Options options;
  User& user;
  Counters counters;
  Post post;
  Outgoing outgoing;
  Incoming incoming;
  base::Time next_error = base::Time::min();
  TransactionRequest restart{};  // the peer's last one
};

namespace {

/// Between two errors of whole messages: two ends that do not understand each other's errors would never
/// stop.
constexpr base::Duration between_errors = std::chrono::seconds(1);

const ErrorDescriptor version_error{406, "Version not supported"};

constexpr bool is_understood(std::uint8_t version) {
  return version >= 1 && version <= 3;
}

bool is_restart(const TransactionRequest& request) {
  if (request.actions.empty() || request.actions[0].commands.empty()) return false;
  const auto& command = request.actions[0].commands[0];
  const auto& change = command.descriptors.service_change;
  return command.name == CommandName::service_change && command.termination.is_root() && change &&
         change->method == TokenOrExtension(Token::restart);
}

bool has_request(const std::vector<Transaction>& transactions) {
  return std::any_of(transactions.begin(), transactions.end(),
                     [](const auto& one) { return std::holds_alternative<TransactionRequest>(one); });
}

}  // namespace

Transactions::Transactions(Options options, Wire& wire, User& user, base::Random& random)
    : impl_(std::make_unique<Impl>(std::move(options), wire, user, random)) {}
Transactions::~Transactions() = default;

void Transactions::set_route(const Route& route) {
  impl_->outgoing.set_route(route);
}

const Route& Transactions::route() const noexcept {
  return impl_->outgoing.route();
}

void Transactions::set_version(std::uint8_t version) {
  impl_->post.set_version(version);
}

void Transactions::set_print(const PrintOptions& print) {
  impl_->post.set_print(print);
}

TransactionTimers& Transactions::timers() {
  return impl_->options.timers;
}

std::uint32_t Transactions::request(std::vector<ActionRequest> actions, base::Time now, Done done) {
  return impl_->outgoing.request(std::move(actions), now, std::move(done));
}

void Transactions::receive(Message message, const Route& from, base::Time now) {
  ++impl_->counters.received;
  if (const auto* error = std::get_if<ErrorDescriptor>(&message.body)) {
    return impl_->user.on_message_error(*error, from);
  }
  auto& transactions = std::get<std::vector<Transaction>>(message.body);
  if (!is_understood(message.version)) {
    if (has_request(transactions)) impl_->tell_error(version_error, from, now);
    return;
  }
  std::size_t n = 0;
  for (auto& one : transactions) impl_->receive(one, ++n > impl_->options.most_transactions, from, now);
}

void Transactions::Impl::receive(Transaction& transaction, bool beyond, const Route& from, base::Time now) {
  if (auto* request = std::get_if<TransactionRequest>(&transaction)) {
    on_request(*request, beyond, from, now);
  } else if (auto* reply = std::get_if<TransactionReply>(&transaction)) {
    on_reply(*reply, from);
  } else if (const auto* pending = std::get_if<TransactionPending>(&transaction)) {
    outgoing.on_pending(pending->id, now);
  } else {
    for (const auto& range : std::get<TransactionResponseAck>(transaction).ranges) incoming.on_ack(range);
  }
}

// What stands beyond the limit is refused, each by itself, so that its sender need not wait for T-MAX. A peer
// that has started anew may begin anew with its ids: replies to those of before are not for it.
void Transactions::Impl::on_request(TransactionRequest& request, bool beyond, const Route& from,
                                    base::Time now) {
  if (beyond) return incoming.refuse(request.id, {413, "Too many transactions in a message"}, from, now);
  if (is_restart(request) && request != std::exchange(restart, request)) incoming.forget_all();
  if (incoming.on_request(request.id, from, now)) user.on_request(std::move(request), from);
}

// Acknowledged whenever it comes: the peer repeats it because an earlier acknowledgement was lost.
void Transactions::Impl::on_reply(TransactionReply& reply, const Route& from) {
  if (reply.imm_ack_required) {
    post.send(from, Transaction(TransactionResponseAck{{{reply.id, reply.id}}}));
  }
  outgoing.on_reply(std::move(reply));
}

void Transactions::Impl::tell_error(const ErrorDescriptor& error, const Route& to, base::Time now) {
  if (now < next_error) return;
  next_error = now + between_errors;
  post.send_error(to, error);
}

void Transactions::receive(Parsed parsed, const Route& from, base::Time now) {
  receive(std::move(parsed.message), from, now);
  for (const auto& error : parsed.broken) impl_->on_broken(error, from, now);
}

void Transactions::receive_malformed(const Error& error, const Route& from, base::Time now) {
  ++impl_->counters.received;
  impl_->on_broken(error, from, now);
}

void Transactions::Impl::on_broken(const Error& error, const Route& from, base::Time now) {
  ++counters.malformed;
  switch (error.part) {
    case Part::message:
    case Part::request:
      return refuse(error, from, now);
    case Part::reply:
      if (error.transaction) outgoing.on_malformed_reply(*error.transaction);
      return;
    case Part::pending:
    case Part::ack:
    case Part::error:
      return;
  }
}

// A request without a readable id is told of as transaction 0 (H.248.1 8.1.1), which is no request's: not
// kept.
void Transactions::Impl::refuse(const Error& error, const Route& to, base::Time now) {
  if (error.version && !is_understood(*error.version)) return tell_error(version_error, to, now);
  const ErrorDescriptor told{error.answer, to_string(error)};
  if (error.level == Level::message) return tell_error(told, to, now);
  if (error.transaction) return incoming.refuse(*error.transaction, told, to, now);
  post.send(to, Transaction(TransactionReply{0, false, told}));
}

bool Transactions::answer(std::uint32_t id, Result result, base::Time now) {
  return impl_->incoming.answer(id, std::move(result), now);
}

void Transactions::route_lost(const Route& route, base::Time now) {
  impl_->outgoing.route_lost(route, now);
}

void Transactions::on_time(base::Time now) {
  impl_->incoming.on_time(now);
  impl_->outgoing.on_time(now);
}

base::Time Transactions::deadline() const {
  return std::min(impl_->outgoing.deadline(), impl_->incoming.deadline());
}

void Transactions::cancel_all() {
  impl_->incoming.forget_all();
  impl_->post.acknowledgements().clear();
  impl_->outgoing.cancel_all();
}

const Transactions::Counters& Transactions::counters() const noexcept {
  return impl_->counters;
}

std::size_t Transactions::waiting() const noexcept {
  return impl_->outgoing.waiting();
}

}  // namespace h248

CREATE TABLE public.absence (
    municipality character varying(4) NOT NULL,
    id character varying(16) NOT NULL,
    staff_id character varying(16) NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    deputy_id character varying(16)
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.article_text (
    municipality character varying(4) NOT NULL,
    article character varying(80) NOT NULL,
    version integer NOT NULL,
    body json,
    base_version character varying(16),
    withdrawn boolean NOT NULL,
    changed_by character varying(16),
    changed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.audit (
    id bigint NOT NULL,
    municipality character varying(4) NOT NULL,
    staff_id character varying(16),
    inquiry_id character varying(16),
    action character varying(40) NOT NULL,
    detail json,
    at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_id_seq OWNED BY public.audit.id;
CREATE TABLE public.business (
    municipality character varying(4) NOT NULL,
    cvr character varying(8) NOT NULL,
    name character varying(200) NOT NULL,
    key_account_manager_id character varying(16)
);
CREATE TABLE public.candidate (
    municipality character varying(4) NOT NULL,
    inquiry_id character varying(16) NOT NULL,
    message_id integer NOT NULL,
    text text NOT NULL,
    language character varying(8) NOT NULL,
    label character varying(80) NOT NULL,
    state character varying(16) NOT NULL,
    proposed_by character varying(16) NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    judged_by character varying(16),
    judged_at timestamp with time zone
);
CREATE TABLE public.deadline (
    municipality character varying(4) NOT NULL,
    inquiry_id character varying(16) NOT NULL,
    id integer NOT NULL,
    kind character varying(16) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    met_at timestamp with time zone,
    overdue_told_at timestamp with time zone
);
CREATE TABLE public.department (
    municipality character varying(4) NOT NULL,
    id character varying(16) NOT NULL,
    name json NOT NULL,
    areas json NOT NULL
);
CREATE TABLE public.inbound (
    municipality character varying(4) NOT NULL,
    channel character varying(16) NOT NULL,
    external_id character varying(80) NOT NULL,
    source character varying(80) NOT NULL,
    body json NOT NULL,
    at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    attempts integer NOT NULL,
    leased_until timestamp with time zone,
    error character varying(80)
);
CREATE TABLE public.inquiry (
    municipality character varying(4) NOT NULL,
    id character varying(16) NOT NULL,
    number character varying(16),
    status character varying(16) NOT NULL,
    channel character varying(16) NOT NULL,
    language character varying(8) NOT NULL,
    client_hash character varying(64),
    identity character varying(80),
    generation integer NOT NULL,
    subject character varying(200) NOT NULL,
    area character varying(32),
    department_id character varying(16),
    owner_id character varying(16),
    acting_id character varying(16),
    escalation_reason character varying(32),
    urgent boolean NOT NULL,
    outcome character varying(16),
    contact_name character varying(200),
    contact_email character varying(254),
    contact_phone character varying(40),
    company character varying(200),
    cvr character varying(8),
    cvr_checked boolean NOT NULL,
    previous_id character varying(16),
    state json,
    state_version integer NOT NULL,
    open_turns integer NOT NULL,
    last_seq integer NOT NULL,
    rev integer NOT NULL,
    read_seq integer NOT NULL,
    waiting_since timestamp with time zone,
    reply_due_at timestamp with time zone,
    disclosed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    escalated_at timestamp with time zone,
    taken_at timestamp with time zone,
    resolved_at timestamp with time zone,
    last_message_at timestamp with time zone NOT NULL
);
CREATE TABLE public.local_value (
    municipality character varying(4) NOT NULL,
    article character varying(80) NOT NULL,
    name character varying(80) NOT NULL,
    value json NOT NULL,
    changed_by character varying(16),
    changed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.message (
    municipality character varying(4) NOT NULL,
    inquiry_id character varying(16) NOT NULL,
    id integer NOT NULL,
    seq integer,
    rev integer NOT NULL,
    author character varying(16) NOT NULL,
    internal boolean NOT NULL,
    staff_id character varying(16),
    channel character varying(16) NOT NULL,
    text text NOT NULL,
    body json,
    article character varying(80),
    article_version character varying(16),
    helped boolean,
    client_id character varying(80),
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.model (
    id character varying(80) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    size_bytes integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    content bytea NOT NULL,
    live boolean NOT NULL,
    report json,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.municipality (
    code character varying(4) NOT NULL,
    name json NOT NULL,
    origins json NOT NULL,
    opening_hours json NOT NULL,
    closing_days json NOT NULL,
    open_days json NOT NULL,
    first_reply_minutes integer NOT NULL,
    next_reply_minutes integer NOT NULL,
    phone character varying(40) NOT NULL,
    email character varying(254) NOT NULL,
    telegram_bodies boolean NOT NULL,
    knowledge_version integer NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.number (
    municipality character varying(4) NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL
);
CREATE TABLE public.outbox (
    id bigint NOT NULL,
    municipality character varying(4) NOT NULL,
    inquiry_id character varying(16) NOT NULL,
    message_id integer NOT NULL,
    channel character varying(16) NOT NULL,
    address character varying(254) NOT NULL,
    status character varying(8) NOT NULL,
    attempts integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone,
    in_flight boolean NOT NULL,
    maybe_doubled boolean NOT NULL,
    error character varying(80),
    external_id character varying(80),
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone
);
CREATE SEQUENCE public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outbox_id_seq OWNED BY public.outbox.id;
CREATE TABLE public.session (
    token_hash character varying(64) NOT NULL,
    municipality character varying(4) NOT NULL,
    staff_id character varying(16) NOT NULL,
    csrf character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.staff (
    municipality character varying(4) NOT NULL,
    id character varying(16) NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(200) NOT NULL,
    title json NOT NULL,
    department_id character varying(16) NOT NULL,
    roles json NOT NULL,
    capacity integer NOT NULL,
    password_hash character varying(200) NOT NULL,
    active boolean NOT NULL,
    seen_at timestamp with time zone,
    last_assigned_at timestamp with time zone
);
CREATE TABLE public.telegram_chat (
    municipality character varying(4) NOT NULL,
    chat_id bigint NOT NULL,
    inquiry_id character varying(16),
    language character varying(8) NOT NULL,
    blocked boolean NOT NULL
);
CREATE TABLE public.turn (
    municipality character varying(4) NOT NULL,
    inquiry_id character varying(16) NOT NULL,
    id integer NOT NULL,
    message_id integer,
    choice character varying(120),
    status character varying(8) NOT NULL,
    attempts integer NOT NULL,
    leased_until timestamp with time zone,
    leased_by character varying(32),
    decision character varying(16),
    understanding json,
    answered json,
    model character varying(80),
    at timestamp with time zone NOT NULL,
    done_at timestamp with time zone
);
CREATE TABLE public.wrong_answer (
    municipality character varying(4) NOT NULL,
    inquiry_id character varying(16) NOT NULL,
    message_id integer NOT NULL,
    article character varying(80) NOT NULL,
    version character varying(16) NOT NULL,
    said_by character varying(16) NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.audit ALTER COLUMN id SET DEFAULT nextval('public.audit_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN id SET DEFAULT nextval('public.outbox_id_seq'::regclass);
INSERT INTO public.absence VALUES ('0000', 'ferie', 'byg', '2026-11-24 09:00:00+00', '2026-11-25 09:00:00+00', NULL);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.article_text VALUES ('0000', 'building/permit_needed', 1, NULL, NULL, false, NULL, '2026-11-24 09:00:00+00');
INSERT INTO public.audit VALUES (1, '0000', 'byg', 'provesag', 'inquiry_read', NULL, '2026-11-24 09:00:00+00');
INSERT INTO public.candidate VALUES ('0000', 'provesag', 1, 'må jeg bygge en carport', 'da', 'building/permit_needed', 'proposed', 'byg', '2026-11-24 09:00:00+00', NULL, NULL);
INSERT INTO public.department VALUES ('0000', 'byg', '{"da": "Byg", "en": "Building"}', '["building"]');
INSERT INTO public.inquiry VALUES ('0000', 'provesag', NULL, 'with_bot', 'web', 'da', NULL, NULL, 0, '', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, 0, 0, 2, 2, 0, NULL, NULL, '2026-11-24 09:00:00+00', '2026-11-24 09:00:00+00', NULL, NULL, NULL, '2026-11-24 09:00:00+00');
INSERT INTO public.message VALUES ('0000', 'provesag', 1, 1, 1, 'inquirer', false, NULL, 'web', 'må jeg bygge en carport', NULL, NULL, NULL, NULL, NULL, '2026-11-24 09:00:00+00');
INSERT INTO public.message VALUES ('0000', 'provesag', 2, 2, 2, 'bot', false, NULL, 'web', 'Det afhænger af størrelsen.', NULL, 'building/permit_needed', '1', NULL, NULL, '2026-11-24 09:00:00+00');
INSERT INTO public.model VALUES ('20261124-090000-0', '0000000000000000000000000000000000000000000000000000000000000000', 106, '1df7f1bfb5af784eba7634b0a31b48adf69c030b5623b08376cf229f40c0c74a', '\x1f8b08000000000002ffedcd310ac2401404d07f144f209bb0789f85d80851309b2ae4ee7eacc45e417caf99619a99cfbd4dadb7e365b95de3334a3ad5faccf49e697ce9b90fa50e250e25be605d7abbe77dfca76d0f0000000000000000007ed003c3a9df2d00280000', true, NULL, '2026-11-24 09:00:00+00');
INSERT INTO public.municipality VALUES ('0000', '{"da": "Pr\u00f8ve Kommune", "en": "Test Municipality"}', '[]', '{"0": [["08:00", "16:00"]], "1": [["08:00", "16:00"]], "2": [["08:00", "16:00"]], "3": [["08:00", "16:00"]], "4": [["08:00", "16:00"]]}', '[]', '[]', 480, 480, '', '', false, 0, '2026-11-24 09:00:00+00');
INSERT INTO public.outbox VALUES (1, '0000', 'provesag', 2, 'telegram', '1', 'sent', 0, '2026-11-24 09:00:00+00', NULL, false, false, NULL, NULL, '2026-11-24 09:00:00+00', '2026-11-24 09:00:00+00');
INSERT INTO public.session VALUES ('0000000000000000000000000000000000000000000000000000000000000000', '0000', 'byg', '0000000000000000000000000000000000000000000000000000000000000000', '2026-11-24 09:00:00+00', '2026-11-24 09:00:00+00');
INSERT INTO public.staff VALUES ('0000', 'byg', 'byg@prove.example', 'Prøve Byg', '{"da": "Pr\u00f8ve", "en": "Test"}', 'byg', '["contact"]', 20, 'x', true, NULL, NULL);
INSERT INTO public.staff VALUES ('0000', 'koordinator', 'koordinator@prove.example', 'Prøve Koordinator', '{"da": "Pr\u00f8ve", "en": "Test"}', 'byg', '["contact", "coordinator"]', 20, 'x', true, NULL, NULL);
INSERT INTO public.turn VALUES ('0000', 'provesag', 1, 1, NULL, 'done', 0, NULL, NULL, 'answer', NULL, NULL, NULL, '2026-11-24 09:00:00+00', '2026-11-24 09:00:00+00');
INSERT INTO public.wrong_answer VALUES ('0000', 'provesag', 2, 'building/permit_needed', '1', 'byg', '2026-11-24 09:00:00+00');
SELECT pg_catalog.setval('public.audit_id_seq', 1, true);
SELECT pg_catalog.setval('public.outbox_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.absence
    ADD CONSTRAINT pk_absence PRIMARY KEY (municipality, id);
ALTER TABLE ONLY public.article_text
    ADD CONSTRAINT pk_article_text PRIMARY KEY (municipality, article);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (id);
ALTER TABLE ONLY public.business
    ADD CONSTRAINT pk_business PRIMARY KEY (municipality, cvr);
ALTER TABLE ONLY public.candidate
    ADD CONSTRAINT pk_candidate PRIMARY KEY (municipality, inquiry_id, message_id);
ALTER TABLE ONLY public.deadline
    ADD CONSTRAINT pk_deadline PRIMARY KEY (municipality, inquiry_id, id);
ALTER TABLE ONLY public.department
    ADD CONSTRAINT pk_department PRIMARY KEY (municipality, id);
ALTER TABLE ONLY public.inbound
    ADD CONSTRAINT pk_inbound PRIMARY KEY (municipality, channel, external_id);
ALTER TABLE ONLY public.inquiry
    ADD CONSTRAINT pk_inquiry PRIMARY KEY (municipality, id);
ALTER TABLE ONLY public.local_value
    ADD CONSTRAINT pk_local_value PRIMARY KEY (municipality, article, name);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT pk_message PRIMARY KEY (municipality, inquiry_id, id);
ALTER TABLE ONLY public.model
    ADD CONSTRAINT pk_model PRIMARY KEY (id);
ALTER TABLE ONLY public.municipality
    ADD CONSTRAINT pk_municipality PRIMARY KEY (code);
ALTER TABLE ONLY public.number
    ADD CONSTRAINT pk_number PRIMARY KEY (municipality, year);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT pk_outbox PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT pk_session PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.staff
    ADD CONSTRAINT pk_staff PRIMARY KEY (municipality, id);
ALTER TABLE ONLY public.telegram_chat
    ADD CONSTRAINT pk_telegram_chat PRIMARY KEY (municipality, chat_id);
ALTER TABLE ONLY public.turn
    ADD CONSTRAINT pk_turn PRIMARY KEY (municipality, inquiry_id, id);
ALTER TABLE ONLY public.wrong_answer
    ADD CONSTRAINT pk_wrong_answer PRIMARY KEY (municipality, inquiry_id, message_id);
ALTER TABLE ONLY public.inquiry
    ADD CONSTRAINT uq_inquiry_municipality_client_hash UNIQUE (municipality, client_hash);
ALTER TABLE ONLY public.inquiry
    ADD CONSTRAINT uq_inquiry_municipality_number UNIQUE (municipality, number);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT uq_message_municipality_inquiry_id_client_id UNIQUE (municipality, inquiry_id, client_id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT uq_message_municipality_inquiry_id_seq UNIQUE (municipality, inquiry_id, seq);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT uq_outbox_municipality_inquiry_id_message_id_channel_address UNIQUE (municipality, inquiry_id, message_id, channel, address);
ALTER TABLE ONLY public.staff
    ADD CONSTRAINT uq_staff_municipality_email UNIQUE (municipality, email);
CREATE INDEX ix_audit_municipality_at ON public.audit USING btree (municipality, at);
CREATE INDEX ix_candidate_municipality_state ON public.candidate USING btree (municipality, state);
CREATE INDEX ix_deadline_due_at ON public.deadline USING btree (due_at);
CREATE INDEX ix_inbound_municipality_channel_source ON public.inbound USING btree (municipality, channel, source);
CREATE INDEX ix_inbound_open ON public.inbound USING btree (municipality, channel) WHERE (done_at IS NULL);
CREATE INDEX ix_inquiry_id ON public.inquiry USING btree (id);
CREATE INDEX ix_inquiry_municipality_identity ON public.inquiry USING btree (municipality, identity);
CREATE INDEX ix_inquiry_municipality_owner ON public.inquiry USING btree (municipality, owner_id, status);
CREATE INDEX ix_inquiry_municipality_status ON public.inquiry USING btree (municipality, status, last_message_at);
CREATE INDEX ix_message_article ON public.message USING btree (municipality, article, article_version) WHERE (article IS NOT NULL);
CREATE INDEX ix_message_municipality_inquiry_id_rev ON public.message USING btree (municipality, inquiry_id, rev);
CREATE INDEX ix_outbox_pending ON public.outbox USING btree (due_at) WHERE ((status)::text = 'pending'::text);
CREATE INDEX ix_staff_email ON public.staff USING btree (email);
CREATE INDEX ix_turn_open ON public.turn USING btree (leased_until) WHERE ((status)::text = 'open'::text);
CREATE INDEX ix_wrong_answer_municipality_article ON public.wrong_answer USING btree (municipality, article);
ALTER TABLE ONLY public.absence
    ADD CONSTRAINT fk_absence_municipality_staff_id FOREIGN KEY (municipality, staff_id) REFERENCES public.staff(municipality, id);
ALTER TABLE ONLY public.article_text
    ADD CONSTRAINT fk_article_text_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.business
    ADD CONSTRAINT fk_business_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.candidate
    ADD CONSTRAINT fk_candidate_municipality_inquiry_id FOREIGN KEY (municipality, inquiry_id) REFERENCES public.inquiry(municipality, id) ON DELETE CASCADE;
ALTER TABLE ONLY public.deadline
    ADD CONSTRAINT fk_deadline_municipality_inquiry_id FOREIGN KEY (municipality, inquiry_id) REFERENCES public.inquiry(municipality, id);
ALTER TABLE ONLY public.department
    ADD CONSTRAINT fk_department_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.inbound
    ADD CONSTRAINT fk_inbound_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.inquiry
    ADD CONSTRAINT fk_inquiry_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.local_value
    ADD CONSTRAINT fk_local_value_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_municipality_inquiry_id FOREIGN KEY (municipality, inquiry_id) REFERENCES public.inquiry(municipality, id);
ALTER TABLE ONLY public.number
    ADD CONSTRAINT fk_number_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT fk_outbox_municipality_inquiry_id FOREIGN KEY (municipality, inquiry_id) REFERENCES public.inquiry(municipality, id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT fk_session_municipality_staff_id FOREIGN KEY (municipality, staff_id) REFERENCES public.staff(municipality, id);
ALTER TABLE ONLY public.staff
    ADD CONSTRAINT fk_staff_municipality_department_id FOREIGN KEY (municipality, department_id) REFERENCES public.department(municipality, id);
ALTER TABLE ONLY public.telegram_chat
    ADD CONSTRAINT fk_telegram_chat_municipality FOREIGN KEY (municipality) REFERENCES public.municipality(code);
ALTER TABLE ONLY public.turn
    ADD CONSTRAINT fk_turn_municipality_inquiry_id FOREIGN KEY (municipality, inquiry_id) REFERENCES public.inquiry(municipality, id);
ALTER TABLE ONLY public.wrong_answer
    ADD CONSTRAINT fk_wrong_answer_municipality_inquiry_id FOREIGN KEY (municipality, inquiry_id) REFERENCES public.inquiry(municipality, id) ON DELETE CASCADE;

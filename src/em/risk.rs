//! Risk of patient management: what was decided, with the words that say so.
use std::sync::LazyLock;

use regex::Regex;

use super::codes::Category;
use super::result::{Element, Level};
use super::view::{View, Zone, pattern};
use crate::codeset::drugs::{Drug, Drugs};

/// What the note shows of risk.
#[derive(Default)]
pub struct Risk {
    /// Everything found, counted or not.
    pub elements: Vec<Element>,
}

impl Risk {
    /// The highest level among the counted elements.
    pub fn level(&self) -> Level {
        self.elements.iter().filter(|e| e.counted).filter_map(|e| e.level).max().unwrap_or(Level::Minimal)
    }
    /// How many counted elements are of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.elements.iter().filter(|e| e.counted && e.kind == kind).count()
    }
}

static MANAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:start(?:ed|ing)?|restart(?:ed)?|begin|began|initiat\w+|continu\w+|stop(?:ped)?|discontinu\w+|increas\w+|decreas\w+|reduc\w+|titrat\w+|adjust\w*|switch\w*|chang\w+|add(?:ed|ing)?|refill\w*|renew\w*|prescri\w+|rx|script\w*",
        r"|given|give|gave|place(?:d)? (?:him|her|the patient|on)|put (?:him|her|on)|treat\w*|trial|try|tried|take|taking|maintain\w*|resume\w*|hold|held|taper\w*|administ\w+|recommend\w*|consider\w*|need\w*|use|samples?|wean\w*|remain on|stay on|keep|sent in|call(?:ed)? in|course of|load\w*|supply|dispens\w*|provided|receiv\w+|on (?:iv|oral)|dose)\b"
    ))
});
static DOSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b\d+(?:[.,/]\d+)*(?: ?(?:-|to) ?\d+)? ?(?:mg|mcg|micrograms?|milligrams?|grams?|g|units?|ml|cc|puffs?|tablets?|tabs?|capsules?|drops?|meq|percent|%)\b|\b(?:b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|q\.? ?\d+ ?h|q\.? ?h\.?s|p\.?r\.?n|p\.?o)\b|\bq\.? ?(?:day|daily|am|pm|hs)\b|\b(?:once|twice|three times) (?:a|per) day\b|\bdaily\b",
    )
});
static NOT_GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:allerg\w+|intoleran\w+|reaction to|not (?:want|wish|take|tolerate)|avoid\w*|refus\w+|declin\w+|no (?:need|indication) for|denies|never (?:taken|used))\b",
    )
});
/// The clinician acts, in a sentence that stands outside assessment and plan.
static ACTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:i|we) (?:have |had |then |also |did |am going to |are going to |will |would )*(?:gave|give|given|start(?:ed)?|prescribed?|put|placed?|treat(?:ed)?|increas(?:e|ed)|decreas(?:e|ed)|stop(?:ped)?|discontinued?|chang(?:e|ed)|add(?:ed)?|refill(?:ed)?|continued?|recommend(?:ed)?|order(?:ed)?)\b",
        r"|\b(?:gave (?:him|her) (?:a )?prescri\w+|prescription (?:was )?(?:given|for)|(?:was|were) (?:also |then )?(?:given|started on|placed on|prescribed|treated with)|medications? prescribed)\b"
    ))
});
/// A joint or soft-tissue injection: a procedure, no drug management.
static INJECTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\binject(?:ion|ions|ed|ing)?\b|\bepidural\b"));
static CHEMOTHERAPY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:chemotherap\w+|chemo|chemoradiation|radiation therapy|radiotherapy|cycle (?:\d|one|two|three|four|five|six)|cycles of|radiation treatment|re-?treat\w*|r-chop|folfox|folfiri|immunosuppress\w+|antineoplastic|biologic therapy|infliximab|remicade|rituxan|rituximab)\b",
    )
});
static CRITICAL_DRUG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(?:heparin|insulin|nitroglycerin|nitro|dopamine|dobutamine|epinephrine|levophed|norepinephrine|amiodarone|cardizem|diltiazem|esmolol|propofol|lasix|integrilin|natrecor|octreotide|protonix|vasopressin|milrinone|lidocaine|versed|fentanyl)\b[^.;]{0,20}\b(?:drip|infusion|gtt)",
        r"|pressors?|vasopressors?|mechanical ventilation|ventilator|intubat\w+|transfus\w+|packed (?:red )?(?:blood )?cells|prbcs?|fresh frozen plasma|ffp|dialysis|hemodialysis|iv heparin\w*|heparinization|bipap|cpap mask|intravenous (?:antibiotics|heparin)|iv (?:antibiotics|fluids|hydration|steroids|vancomycin|rocephin|solu-?medrol)|thrombolysis|cardiopulmonary resuscitation|cpr|exchange transfusion|total parenteral nutrition|tpn|picc line)\b"
    ))
});
static GENERIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:continue|continued|start(?:ed)?|place(?:d)?|taper|agree with|adjust|change|resume|maintain|keep|remain|hold|refill(?:ed)?|renew(?:ed)?|restart|increase|decrease|stop|titrate|review(?:ed)? and (?:adjust|continu)\w*)\b[^.;]{0,40}\b(?:medications?|meds|medicines?|regimen|therapy|anticoagula\w+|insulin|hormones?|beta[- ]blockers?|calcium channel blockers?|antibiotics?|steroids?|inhalers?|immunosuppress\w*|chemotherapy|prescriptions?|beta-?blockers?|diuretics?|statin|ace inhibitor|antihypertensives?|eye drops|pills?|drugs?|nebuliz\w+|hormone|infusions?)\b",
        r"|\b(?:prescription|prescriptions|rx|scripts?|samples) (?:\w+ ){0,4}(?:given|written|provided|sent|for|of|were|was)\b|\b(?:gave|wrote|given|write|provided|received|sent) (?:\w+ ){0,4}(?:prescriptions?|rx|scripts?|samples)\b|\brefills?\b",
        r"|\b(?:antibiotics?|antibiotic therapy|steroids?|steroid taper|anticoagulation|chemotherapy|antivirals?|antiemetics?|antihypertensives?|pain medications?|muscle relaxants?|nebuliz\w+|antidepressants?|narcotics?|oral contraceptives?|immunotherapy|hormone therapy|eye drops|diuretics?|bronchodilators?|iv fluids|oxygen)\b"
    ))
});
static ADMIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:will |to |be |being |is |was |going to |should |recommend(?:ed)? |we |i |decided to |agreed to |plan(?:ned)? (?:is )?to |and )(?:admit|admitted|re-?admit|re-?admitted|hospitaliz\w+)\b|^(?:\d+\W+)?(?:admit|admitted|admission)\b|\badmit (?:to|him|her|the|for|patient|under|this)\b|\badmitted (?:to|for|under|on|in)\b|\badmission (?:to|for|is|was|orders)\b",
        r"|\btransfer(?:red|ring)? (?:\w+ ){0,4}(?:to|into) (?:the )?(?:icu|intensive|ccu|coronary care|picu|nicu|micu|sicu|hospital|tertiary|telemetry)\b|\bplaced? (?:in|on|under|into) observation\b|\bobservation (?:status|admission|unit)\b|\bhospital admission\b|\binpatient (?:admission|treatment|stay)\b",
        r"|\bsen(?:d|t) (?:\w+ ){0,4}(?:to|directly to) (?:the )?(?:emergency|er\b|ed\b|hospital)",
        r"|\brecommend(?:ed)? (?:\w+ )?admission\b|\bdirect admi\w+|\btransfer(?:red)? to \w+(?: \w+)?'?s? (?:hospital|medical center)|\bdecided to admit\b|\b(?:accepts?|accepted) (?:\w+ ){0,4}(?:admission|transfer)\b|\btransferred (?:here|to uihc)\b|\badmitted\b"
    ))
});
static COMFORT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:dnr|dnr/dni|dni|do[- ]not[- ]resuscitate|no code|comfort (?:care|measures)|hospice|withdraw\w* (?:of )?(?:care|support|life)|palliative care|code status (?:was )?discuss\w*|discuss\w* (?:of )?code status|goals of care)\b",
    )
});
static PARENTERAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:morphine|dilaudid|hydromorphone|fentanyl|demerol|meperidine|ativan|lorazepam|valium|diazepam|versed|midazolam|ketamine|stadol|nubain)\b[^.;]{0,40}\b(?:iv|i\.v|intravenous\w*|im|i\.m|intramuscular\w*|pca|drip|infusion|push|subcutaneous\w*)\b",
        r"|\b(?:iv|i\.v\.?|intravenous|im|pca|parenteral)(?: \w+){0,2} (?:morphine|dilaudid|hydromorphone|fentanyl|demerol|meperidine|ativan|lorazepam|valium|diazepam|versed|midazolam|ketamine|narcotics?|opioids?|opiates?)\b|\bmorphine pca\b|\bdilaudid pca\b|\bpca pump\b"
    ))
});
static MONITOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:monitor\w*|levels?|toxicity|check(?:ed|ing)? (?:\w+ ){0,4}(?:cbc|blood|labs?|lft|creatinine|inr|level)|weekly|monthly|every (?:\w+ )?(?:weeks?|months?|3 months)|counts?|surveillance labs|inr)\b",
    )
});
static EMERGENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:emergen\w+|urgent\w*|immediate\w*|stat)\b[^.;]{0,50}\b(?:surg\w+|operat\w+|explor\w+|laparotomy|craniotomy|appendectomy|catheterization|cath\b|angioplasty|intubat\w+|decompression|evacuation|delivery|transfusion|to the or\b)|\b(?:taken|going|proceed|brought|take \w+|rushed) (?:urgently |emergently |immediately )?(?:to|back to) (?:the )?(?:operating room|or\b|cath lab|catheterization laboratory)|\b(?:tpa|t-pa|thrombolytics?|intubated|cardioversion|defibrillat\w+)\b",
    )
});
const MAJOR: &str = r"(?:\w*arthroplasty|(?:knee|hip|joint|shoulder|valve) replacement|fusion|laminectomy|disk?ectomy|bypass|craniotomy|hysterectomy|colectomy|cholecystectomy|herniorrhaphy|hernia repair|mastectomy|lumpectomy|thyroidectomy|prostatectomy|nephrectomy|lobectomy|rotator cuff repair|reconstruction|open reduction|orif|amputation|tonsillectomy|septoplasty|sinus surgery|laparoscop\w+|laparotomy|resection|transplant\w*|pacemaker|defibrillator|icd placement|revasculari[sz]ation|stent(?:ing)?|angioplasty|endarterectomy|sleeve gastrectomy|gastric band\w*|lap[- ]band|fundoplication|orchiopexy|orchiectomy|vitrectomy|cataract (?:surgery|extraction)|carpal tunnel release|arthroscop\w+|meniscectomy|fixation|osteotomy|decompression|cesarean|c-section|tubal ligation|myomectomy|oophorectomy|nissen|roux-en-y|abdominoplasty|mammoplasty|blepharoplasty|rhinoplasty|surgical (?:intervention|repair|management|excision|correction|treatment|option)|surgery|operation|operative intervention|neck dissection|parotidectomy|esophagectomy|cystectomy|sling|lithotripsy|turp|turbt|ablation|wide local excision|lap-?band|(?:heart|cardiac) catheterization|implants|lung biopsy|excisional biopsy|thoracotomy|thoracoscop\w+|vats|shunt|ureteroscopy)";
const MINOR: &str = r"(?:biops\w+|injections?|excision|incision and drainage|i&d|biops\w+|egd|colonoscopy|endoscopy|cystoscopy|bronchoscopy|catheterization|epidural|nerve block|block|cauteri\w+|cryotherapy|circumcision|tubes?|tympanostomy|debridement|aspiration|thoracentesis|paracentesis|lumbar puncture|nail (?:removal|avulsion)|shave|vasectomy|picc|port|sutur\w+|laceration|removal|drain\w*|leep|colposcopy|hysteroscopy|d&c|dilation)";
static SURGERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?:schedul\w+|plan\w*|proceed\w*|recommend\w*|candidate|options?|consent\w*|risks?|benefits?|undergo|opt(?:ed|ing)|interested in|would like|wish\w*|discuss\w*|consider\w*|need\w*|offer\w*|going to|elect\w*|set (?:him|her|up)|prefer\w*|for|decid\w*|book\w*|require\w*)\b[^.;]{{0,80}}\b{MAJOR}\b|\b{MAJOR}\b[^.;]{{0,60}}\b(?:schedul\w+|recommend\w*|discussed|risks?|consent|offered|indicated|planned|needed|option|warranted|considered|date)\b"
    ))
});
/// A sentence of the plan that is the name of an operation.
static OPERATION_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"^(?:\d+\W+)?(?:\w+ ){{0,3}}{MAJOR}\b[^.]{{0,60}}$")));
static MINOR_SURGERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?:schedul\w+|plan\w*|proceed\w*|recommend\w*|consent\w*|risks?|undergo|discuss\w*|consider\w*|need\w*|offer\w*|set (?:him|her|up)|perform\w*|will do|do an?|going to)\b[^.;]{{0,60}}\b{MINOR}\b"
    ))
});
static NO_SURGERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:status post|s/p|history of|had (?:a|an|the|his|her)|underwent|post-?op\w*|previous|prior|since (?:the|his|her)|after (?:the|his|her)|following|healing|recover\w+|years? ago|months? ago|weeks? ago)\b",
    )
});
static RISKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\brisks?\b[^.;]{0,60}\b(?:benefits?|alternatives?|complications?|discussed|explained|reviewed|bleeding|infection|including)\b|\b(?:complications?|alternatives?)\b[^.;]{0,40}\b(?:discussed|explained|reviewed)\b|\binformed consent\b",
    )
});
static RISK_FACTOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:high|higher|increased|significant|extremely high|elevated|prohibitive|considerable|moderate)(?:er)?[- ]risk|risk factors?|comorbid\w*|co-morbid\w*|cardiac clearance|medical clearance|preoperative clearance|cleared by|on coumadin|anticoagulat\w+|not (?:be )?(?:in his|in her) best interest|poor (?:surgical )?candidate)\b",
    )
});
static SOCIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:homeless\w*|unable to afford|can(?:no|')t afford|cannot afford|could not afford|no (?:health |medical )?insurance|uninsured|lost (?:his|her) insurance|lack of (?:insurance|transportation|funds)|no transportation|financial (?:constraints|difficult\w+|reasons|hardship)|food insecurity|unstable housing|shelter|unsafe (?:home|living)|due to (?:the )?cost|because of (?:the )?cost)\b",
    )
});
static SUPPORTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:physical therapy|occupational therapy|pt and ot|rest|ice|heat|elevat\w+|brace|splint|cast|boot|crutches|sling|orthotics?|exercise\w*|diet|stretching|compression|moisturi[sz]\w+|over[- ]the[- ]counter|otc|gargles?|fluids|hydration|dressing\w*|bandage|ace wrap|warm compresses?|saline|humidifier|weight loss|hearing aids?|glasses|home exercise|wound care|refer\w*|observ\w+|conservative\w*|monitor\w*|reassur\w+|cpap|shoes|chiropract\w*|injections?|massage|non-?weight|aircast|crutch\w*|limit\w*|avoid\w*|speech therapy|counsel\w+|sunscreen|traction)\b",
    )
});

/// Drug classes whose use in a visit is no prescription drug management: they belong to a procedure or are vaccines.
fn incidental(drug: &Drug) -> bool {
    [
        "vaccine",
        "contrast",
        "local anesthetic",
        "general anesthetic",
        "radiopharmaceutical",
        "diagnostic",
        "supplement",
        "vitamin",
        "emollient",
        "flush",
        "stress agent",
    ]
    .iter()
    .any(|c| drug.class.contains(c))
        && !drug.class.contains("antiarrhythmic")
}

/// Names sold over the counter in the strength notes usually mean, though the drug is also prescribed.
const OVER_THE_COUNTER: &[&str] = &[
    "ibuprofen",
    "advil",
    "motrin",
    "aleve",
    "naproxen sodium",
    "anti-inflammatories",
    "nsaids",
    "nsaid",
    "hydrocortisone 1%",
    "prilosec otc",
    "zantac",
    "pepcid",
    "lotrimin",
    "monistat",
    "benzoyl peroxide",
    "flonase",
    "nasacort",
    "zaditor",
    "lamisil cream",
];
/// Strengths that only a prescription gives.
static PRESCRIPTION_STRENGTH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"prescri|\b(?:800|600) ?(?:mg|milligrams?)|\brx\b|\bscript"));

/// Finds the risk elements of a note.
pub fn find(view: &View, category: Category) -> Risk {
    let mut risk = Risk::default();
    drugs(view, &mut risk);
    let decision = |z: Zone| z.is_decision();
    let acute =
        category.is_hospital() || matches!(category, Category::Emergency | Category::CriticalCare | Category::NursingInitial);
    let mut add = |kind: &str, name: &str, level: Level, reason: &str, hit: Option<(usize, crate::document::Span)>| {
        if let Some((i, span)) = hit {
            let name = if name.is_empty() { view.words(span) } else { name };
            risk.elements.push(element(kind, name, level, reason, view, i));
            true
        } else {
            false
        }
    };
    let anywhere = |z: Zone| !matches!(z, Zone::Background | Zone::Frame);
    let zone_of_admission = |z: Zone| if acute { anywhere(z) } else { decision(z) };
    add(
        "hospitalization",
        "",
        Level::High,
        "decision about hospital care or a higher level of it",
        first_free(view, &ADMIT, zone_of_admission, &NO_ADMISSION),
    );
    add(
        "resuscitation_status",
        "",
        Level::High,
        "decision about resuscitation or de-escalation",
        first_free(view, &COMFORT, decision, &NEVER),
    );
    add(
        "parenteral_controlled_substance",
        "",
        Level::High,
        "controlled substance given by injection or infusion",
        first_free(view, &PARENTERAL, anywhere, &NOT_GIVEN),
    );
    add(
        "emergency_intervention",
        "",
        Level::High,
        "emergency surgery or intervention decided",
        first_free(view, &EMERGENT, decision, &NO_SURGERY),
    );
    add(
        "critical_treatment",
        "",
        Level::High,
        "treatment given by infusion, transfusion or ventilation under close monitoring",
        first_free(
            view,
            &CRITICAL_DRUG,
            if acute { |z: Zone| !matches!(z, Zone::Background | Zone::Frame) } else { |z: Zone| z.is_decision() },
            &NOT_GIVEN,
        ),
    );
    add(
        "chemotherapy",
        "",
        Level::High,
        "cytotoxic, radiation or immunosuppressive treatment, followed for toxicity",
        first_free(view, &CHEMOTHERAPY, decision, &NO_SURGERY),
    );
    let factors = view.first(&RISK_FACTOR, decision).is_some();
    let major = first_free(view, &SURGERY, decision, &NO_SURGERY);
    if major.is_some() && factors {
        add("major_surgery_with_risk_factors", "", Level::High, "decision about major surgery with stated risk factors", major);
    } else {
        add("major_surgery", "", Level::Moderate, "decision about elective major surgery, no risk factor stated", major);
    }
    let planned = view.clauses.iter().enumerate().filter(|(_, c)| c.zone == Zone::Plan).find_map(|(i, c)| {
        let m = OPERATION_FIRST.find(view.words(c.span))?;
        Some((i, crate::document::Span::new(c.span.start + m.start(), c.span.start + m.end())))
    });
    if major.is_none() {
        add("major_surgery", "", Level::Moderate, "operation planned", planned);
    }
    let risks = view.first(&RISKS, decision).is_some();
    let minor = first_free(view, &MINOR_SURGERY, decision, &NO_SURGERY);
    if risks || factors {
        add(
            "minor_surgery_with_risk_factors",
            "",
            Level::Moderate,
            "decision about minor surgery with its risks discussed",
            minor,
        );
    } else {
        add("minor_surgery", "", Level::Low, "decision about minor surgery, no risk factor stated", minor);
    }
    add(
        "social_determinants",
        "",
        Level::Moderate,
        "social circumstances that limit diagnosis or treatment",
        view.first(&SOCIAL, |z| z != Zone::Background),
    );
    if risk.count("prescription_drug_management") == 0 {
        let hit = first_free(view, &GENERIC, decision, &NOT_GIVEN);
        let mut add = |kind: &str, level, reason: &str, hit: Option<(usize, crate::document::Span)>| {
            if let Some((i, span)) = hit {
                risk.elements.push(element(kind, view.words(span), level, reason, view, i));
            }
        };
        add("prescription_drug_management", Level::Moderate, "drug treatment decided, drug not named", hit);
    }
    if let Some((i, span)) = view.first(&SUPPORTIVE, decision) {
        risk.elements.push(element("supportive", view.words(span), Level::Low, "treatment of low risk", view, i));
    }
    risk
}

static NEVER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bno (?:history|evidence) of hospice\b"));
static NO_ADMISSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no need for admission|does not (?:need|require) (?:admission|hospitali)|not (?:be )?admitted|on admission|admission labs?|previous(?:ly)? admi|prior admi|last admi|recent(?:ly)? (?:admi|hospitali)|date of admission|was discharged|return to the (?:er|emergency)|if (?:he|she|symptoms|any))\b",
    )
});

fn first_free(
    view: &View,
    wanted: &Regex,
    zone: impl Fn(Zone) -> bool,
    spoiler: &Regex,
) -> Option<(usize, crate::document::Span)> {
    view.matches(wanted, zone).find(|(i, _)| view.clauses.get(*i).is_some_and(|c| !spoiler.is_match(view.words(c.span))))
}

fn element(kind: &str, name: &str, level: Level, reason: &str, view: &View, clause: usize) -> Element {
    Element {
        kind: kind.to_owned(),
        name: name.trim().to_owned(),
        status: None,
        level: Some(level),
        counted: true,
        reason: reason.to_owned(),
        evidence: vec![view.quote(clause)],
    }
}

fn drugs(view: &View, risk: &mut Risk) {
    let table = Drugs::embedded();
    let mut named: Vec<&'static str> = Vec::new();
    for (i, clause) in view.clauses.iter().enumerate() {
        let words = view.words(clause.span);
        let story = matches!(clause.zone, Zone::Story | Zone::Results | Zone::Exam | Zone::Frame);
        if clause.zone == Zone::Background || (story && !ACTED.is_match(words)) {
            continue;
        }
        for hit in table.find(words) {
            let drug = hit.drug;
            if named.contains(&drug.name) || incidental(drug) {
                continue;
            }
            let managed = MANAGE.is_match(words) || DOSE.is_match(words);
            let spoiled = NOT_GIVEN.is_match(words) || (INJECTED.is_match(words) && drug.class.contains("corticosteroid"));
            if spoiled {
                continue;
            }
            let name = words.get(hit.start..hit.end).unwrap_or(drug.name);
            let counter = !drug.prescription || OVER_THE_COUNTER.contains(&name);
            if counter && !PRESCRIPTION_STRENGTH.is_match(words) {
                named.push(drug.name);
                risk.elements.push(element("over_the_counter_drug", name, Level::Low, "over-the-counter drug", view, i));
                continue;
            }
            named.push(drug.name);
            let mut e = element(
                "prescription_drug_management",
                name,
                Level::Moderate,
                "prescription drug started, changed, stopped or continued for a problem addressed",
                view,
                i,
            );
            if !managed {
                e.reason = "prescription drug in the plan".to_owned();
            }
            let monitored = drug.monitoring.is_some_and(|m| !m.contains("caveat")) && monitored(view, i);
            risk.elements.push(e);
            if monitored {
                let what = drug.monitoring.unwrap_or_default();
                let reason = format!("therapy with intensive monitoring for toxicity ({what})");
                risk.elements.push(element("toxicity_monitoring", name, Level::High, &reason, view, i));
            }
        }
    }
}

/// The sentence or its neighbours speak of monitoring.
fn monitored(view: &View, clause: usize) -> bool {
    (clause.saturating_sub(1)..=clause + 1).filter_map(|k| view.clauses.get(k)).any(|c| MONITOR.is_match(view.words(c.span)))
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    fn level(plan: &str) -> Level {
        find(&View::new(&document(&[(S::Plan, plan)])), Category::OfficeEstablished).level()
    }

    #[test]
    fn tiers() {
        assert_eq!(level("Increase lisinopril to 20 mg daily."), Level::Moderate);
        assert_eq!(level("Rest and ice. Tylenol as needed."), Level::Low);
        assert_eq!(level("Nothing further."), Level::Minimal);
        assert_eq!(level("She will be admitted to the hospital."), Level::High);
        assert_eq!(level("Continue methotrexate 15 mg weekly, monitor CBC and liver enzymes every 8 weeks."), Level::High);
        assert_eq!(
            level("He is at increased risk given his heart failure.\nWe discussed hip replacement and he wishes to proceed."),
            Level::High
        );
    }

    #[test]
    fn medication_lists_are_no_management() {
        let d = document(&[(S::Medications, "Lisinopril 10 mg daily."), (S::Plan, "Nothing further.")]);
        assert_eq!(find(&View::new(&d), Category::OfficeEstablished).level(), Level::Minimal);
    }
}

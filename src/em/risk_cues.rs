//! Words that state decisions of management and their risk.
#![allow(missing_docs)]
use std::sync::LazyLock;

use regex::Regex;

use super::view::pattern;

pub static MANAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:start(?:ed|ing)?|restart(?:ed)?|begin|began|initiat\w+|continu\w+|stop(?:ped)?|discontinu\w+|increas\w+|decreas\w+|reduc\w+|titrat\w+|adjust\w*|switch\w*|chang\w+|add(?:ed|ing)?|refill\w*|renew\w*|prescri\w+|rx|script\w*",
        r"|given|give|gave|place(?:d)? (?:him|her|the patient|on)|put (?:him|her|on)|treat\w*|trial|try|tried|take|taking|maintain\w*|resume\w*|hold|held|taper\w*|administ\w+|recommend\w*|consider\w*|need\w*|use|samples?|wean\w*|remain on|stay on|keep|sent in|call(?:ed)? in|course of|load\w*|supply|dispens\w*|provided|receiv\w+|on (?:iv|oral)|dose)\b"
    ))
});
pub static DOSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b\d+(?:[.,/]\d+)*(?: ?(?:-|to) ?\d+)? ?(?:mg|mcg|micrograms?|milligrams?|grams?|g|units?|ml|cc|puffs?|tablets?|tabs?|capsules?|drops?|meq|percent|%)\b|\b(?:b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|q\.? ?\d+ ?h|q\.? ?h\.?s|p\.?r\.?n|p\.?o)\b|\bq\.? ?(?:day|daily|am|pm|hs)\b|\b(?:once|twice|three times) (?:a|per) day\b|\bdaily\b",
    )
});
/// A drug that another clinician prescribes: "lisinopril from PCP".
pub static OTHERS_DRUG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bfrom (?:the |his |her |their )?(?:pcp|primary(?: care)?|\w+ologist|specialist)\b|\b(?:managed|followed|prescribed) by (?:the |his |her |their )?(?:pcp|primary|\w+ologist|\w+ology|specialist)\b|\bstays? with (?:the |his |her |their )\w+(?:ologist|ist)\b",
    )
});
/// Therapies and words for drugs that are no drug treatment: "speech therapy", "off narcotics".
pub static NO_DRUG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no (?:indication|plan)s? for|med(?:ication)? list)\b|\b(?:speech|physical|occupational|massage|voice|vestibular|cognitive|behaviou?ral|play|aqua\w*) therapy\b|\btherapy (?:order|referral|evaluation|sessions?|visits?)\b|\boff (?:of )?(?:the |all )?narcotics\b|\bplace of\b",
    )
});
pub static NOT_GIVEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:no (?:indication|plan)s? for|med(?:ication)? list)\b"));
const SHELF: &str = r"(?:otc|over[- ]the[- ]counter|(?:off|from) the (?:\w+ )?shelf|store[- ]brand|drug ?store|non-?prescription|without (?:a )?prescription)";
/// From the shelf, without prescription: said before the name, or after it.
pub static SHELF_BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"\b{SHELF}\b\W+(?:[\w%.]+[ /-]+){{0,4}}$")));
pub static SHELF_AFTER: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"^[^.;,]{{0,35}}\b{SHELF}\b")));
/// What follows makes the name a laboratory test.
pub static MEASURED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:\w+ )?(?:levels?|troughs?|concentrations?)\b|^\W*(?:level |of |was |is |at )*\d[\d.,]*\s?(?:mg|ng|mcg|ug|g|meq|mmol|pg|iu|units?)/(?:dl|ml|l)\b",
    )
});
pub static NO_RISK_FACTOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no (?:added|special|particular|increased|additional|significant|known|identified|other)? ?(?:surgical |patient |procedure )?risk|low[- ]risk|average risk|without (?:added|special|increased) risk|reduc\w+ (?:the |his |her )?risk|cardiovascular risk|risk factor (?:modification|reduction)|risk of (?:stroke|falls?|recurrence|infection|bleeding))\b",
    )
});
/// The clinician acts, in a sentence that stands outside assessment and plan.
pub static ACTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\brx:? [a-z]{4}|\b(?:i|we) (?:have |had |then |also |did |am going to |are going to |will |would )*(?:gave|give|given|start(?:ed)?|prescribed?|put|placed?|treat(?:ed)?|increas(?:e|ed)|decreas(?:e|ed)|stop(?:ped)?|discontinued?|chang(?:e|ed)|add(?:ed)?|refill(?:ed)?|continued?|recommend(?:ed)?|order(?:ed)?)\b",
        r"|\b(?:mg|mcg|ml|units?)\b[^.;\n]{0,40}\b(?:po|im|iv|sq|sc|sl|pr|neb)\b[^\n;]{0,40}\b(?:\d{1,2}:\d\d|x ?1\b|given|here\b|in (?:the )?(?:clinic|office|ed\b|er\b))",
        r"|\b(?:gave (?:him|her) (?:a )?prescri\w+|prescription (?:was )?(?:given|for)|(?:was|were) (?:also |then )?(?:given|started on|placed on|prescribed|treated with)|medications? prescribed)\b"
    ))
});
/// What is done with a drug, before its name, as notes without headings order it: "start topiramate", "inc lisinopril".
pub static ORDER_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:^|[.;,:(=+&>/–-]\s*|\n\s*|\b(?:and|then|will|to|plan|also|but|so|we|i|today|she|he|pt|w/|level|\d)\s+)(?:re-?)?(?:start(?:ed|ing)?|begin|began|add(?:ed|ing)?|incr?(?:ease[ds]?|easing)?|decr?(?:ease[ds]?)?|reduced?|cut|switch(?:ed|ing)?(?: \w+)? ?(?:to)?|chang(?:e|ed|ing)(?: \w+)? ?(?:to)?|stop(?:ped)?|d/c|dc|hold|held|cont(?:inue[ds]?)?|keep|refill(?:ed|s)?|renew(?:ed)?|rx(?:'d|ed)?|e-?rx|prescribed?|trial|taper|resumed?|titrate[ds]?|escalated?|step(?:ped)? up|wean|bump(?:ed)?|up|adjust(?:ed)?|narrow(?:ed)?|load(?:ed)?|give|gave|given|sent|call(?:ed)? in|script)",
        r"(?: (?:her|his|the|to|on|w/|with|for|of|in|rx|dose|daily|chronic|home|low[- ]dose|topical|oral|empiric\w*))*\b[^.;\n]{0,60}$"
    ))
});
/// The same, behind the name: "Descovy rx'd", "lisinopril 10→20".
pub static ORDER_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[^.;,\n]{0,30}?(?:\b(?:started|rx'?d?|refill(?:ed|s)?|renewed|increased|prescribed|continued?|restarted|stopped|switched|adjusted|sent|script|called in|tapered|unchanged|cont)\b|\d ?(?:mg|mcg|units?|u)? ?(?:->|=>|→|>) ?\d|↑|↓|\b(?:qhs|bid|tid|qid|prn|qd|x ?\d+ ?d)\b|\b\d+(?:\.\d+)? ?(?:mg|mcg|g|units?|iu)? ?(?:iv|ivp|im|sq|sl|po|neb)\b)",
    )
});
/// A drug that the patient already took or cannot take.
pub static HOME_DRUG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:on|takes?|taking|home|hx|history|meds?|med list|allerg\w*|pcn|missed|out of|ran out|prior|chronic|since|after|failed|despite|not on|was|were)\b[:]?(?:\W+\w+){0,2}\W*$",
    )
});
/// A joint or soft-tissue injection: a procedure, no drug management.
pub static INJECTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\binject(?:ion|ions|ed|ing)?\b|\bepidural\b"));
pub static CHEMOTHERAPY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:chemotherap\w+|chemo|chemoradiation|radiation therapy|radiotherapy|cycle (?:\d|one|two|three|four|five|six)|cycles of|radiation treatment|re-?treat\w*|r-chop|folfox|folfiri|antineoplastic|biologic therapy|infliximab|remicade|rituxan|rituximab)\b",
    )
});
pub static CRITICAL_DRUG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(?:insulin|nitroglycerin|nitro|dopamine|dobutamine|epinephrine|levophed|norepinephrine|amiodarone|heparin|cardizem|diltiazem|esmolol|propofol|integrilin|natrecor|octreotide|vasopressin|milrinone|lidocaine|versed|nicardipine)\b[^.;]{0,20}\b(?:drip|infusion|gtt)",
        r"|pressors?|vasopressors?|norepinephrine|mechanical ventilation|ventilator|(?:re-?)?intubat(?:e|ed|ion)|transfus\w+|packed (?:red )?(?:blood )?cells|prbcs?|fresh frozen plasma|ffp|hemodialysis|dialytic intervention|(?:initiat\w+|start|begin|urgent|emergent|acute|including|needs?|require\w*) (?:\w+ )?dialysis|hemodiafiltration|bipap|thrombolysis|cardiopulmonary resuscitation|cpr|exchange transfusion|cooling protocol)\b"
    ))
});
/// Treatment by vein that a hospital or infusion suite gives, short of critical care.
pub static BY_VEIN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:iv|intravenous) (?:\w+ ){0,2}(?:antibiotics?|fluids?|hydration|steroids?|heparin|vancomycin|rocephin|ceftriaxone|solu-?medrol|diuretics?|lasix|furosemide|iron|antifungals?|protonix|ppi)|heparinization|total parenteral nutrition|tpn|picc line|dialysis)\b",
    )
});
pub static GENERIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:cont|continue|continued|start(?:ed)?|place(?:d)?|taper|agree with|adjust|change|resume|maintain|keep|remain|hold|refill(?:ed)?|renew(?:ed)?|restart|increase|decrease|stop|titrate|review(?:ed)? and (?:adjust|continu)\w*)\b[^.;]{0,40}\b(?:medications?|meds|medicines?|regimen|therapy|anticoagula\w+|insulin|hormones?|beta[- ]blockers?|calcium channel blockers?|antibiotics?|steroids?|inhalers?|immunosuppress\w*|prescriptions?|beta-?blockers?|diuretics?|statin|ace inhibitor|antihypertensives?|eye drops|pills?|drugs?|nebuliz\w+|hormone|infusions?|gdmt)\b",
        r"|\b(?:prescription|prescriptions|rx|scripts?|samples) (?:\w+ ){0,4}(?:given|written|provided|sent|for|of|were|was)\b|\b(?:gave|wrote|given|write|provided|received|sent) (?:\w+ ){0,4}(?:prescriptions?|rx|scripts?|samples)\b|\b(?:medication|prescription|drug|her|his|needs|need|requests?|\d+|with|for|given|sent|provided) refills?\b|\b[\d,.]+ ?(?:mg|mcg|iu|units|%)[^.;\n]{0,40}\b(?:prescribed|rx'?d|rx sent|e-?scribed)\b|\bsame dose\b|\brefilled\b|\b(?:no|not any|without) changes? (?:\w+ ){0,3}(?:medic\w+|meds|regimen|doses?)\b|\b(?:not|no) (?:wish|want|need|desire) to (?:change|alter|increase|adjust)\b[^.;]{0,40}\b(?:medic\w+|doses?|drugs?|regimen)\b|\b(?:start|begin|increase|decrease|continue|titrate)\b[^.;]{0,20}\b\d+(?:\.\d+)? ?(?:mg|mcg|units)\b|\brefills? (?:of|on|for|given|sent|provided|were|was|x)\b",
        r"|\b(?:antibiotics?|antibiotic therapy|steroids?|steroid taper|anticoagulation|chemotherapy|antivirals?|antiemetics?|antihypertensives?|pain medications?|muscle relaxants?|nebuliz\w+|antidepressants?|narcotics?|oral contraceptives?|immunotherapy|hormone therapy|eye drops|diuretics?|bronchodilators?|iv fluids|oxygen)\b"
    ))
});
pub static ADMIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:will |to |be |being |is |was |going to |should |recommend(?:ed)? |we |i |decided to |agreed to |plan(?:ned)? (?:is )?to |and )(?:admit|admitted|re-?admit|re-?admitted|hospitaliz\w+)\b|^(?:\d+\W+)?(?:admit|admitted|admission)\b|\badmit (?:to|him|her|the|for|patient|under|this)\b|\badmitted (?:to|for|under|on|in)\b|\badmission (?:to|for|is|was|orders)\b",
        r"|\btransfer(?:red|ring)? (?:\w+ ){0,4}(?:to|into) (?:the )?(?:icu|intensive|ccu|coronary care|picu|nicu|micu|sicu|hospital|tertiary|telemetry|burn)\b|\bplaced? (?:in|on|under|into) observation\b|\bobservation (?:status|admission|unit)\b|\bhospital admission\b|\binpatient (?:admission|treatment|stay)\b",
        r"|\bsen(?:d|t) (?:\w+ ){0,4}(?:to|directly to) (?:the )?(?:[\w']+ )?(?:emergency|er\b|ed\b|hospital)|: to ed for\b",
        r"|\badm (?:trauma|med\w*|tele|icu|micu|ortho|obs|surg\w*|hosp\w*)\b|\badmit (?:dr|med\w*|tele|icu|micu|obs|ortho|surg\w*|trauma)\b|\b(?:ortho|surgery|medicine|hospitalist|trauma|cards|cardiology)(?: dr \w+)? (?:to )?admit(?:s|ting)?\b",
        r"|\brecommend(?:ed)? (?:\w+ )?admission\b|\bdirect admi\w+|\btransfer(?:red)? to \w+(?: \w+)?'?s? (?:hospital|medical center)|\bdecided to admit\b|\b(?:accepts?|accepted) (?:\w+ ){0,4}(?:admission|transfer)\b|\btransferred (?:here|to uihc)\b",
        r"|\bneeds? (?:hospital |inpatient )?admission\b|\b(?:straight|directly|sent|referred) to (?:the )?(?:hospital|emergency|ed\b|er\b)|\bcalled (?:911|ems)\b|\b(?:911|ems) (?:called|activated|dispatched|here)\b|\b(?:ems|ambulance|medics) to (?:\w+ ){0,2}(?:ed|er|emergency|hospital)\b|\bgoing (?:now )?direct(?:ly)?\b|\bhospitalist (?:taking|accept\w*|will take)|\bconsidered (?:\w+ )?(?:sending|readmission|admission|hospitali[sz]\w+)|\b(?:ems|911|ambulance|paramedics) (?:was |were )?(?:called|summoned|activated)\b|\b(?:crew|ems|ambulance|paramedics) (?:left|took|transport\w*)\b|\badmission\b[^.;]{0,60}\b(?:offered|discussed|weighed|considered|declined|recommended|advised)\b|\b(?:discuss\w*|offer\w*|weigh\w*|consider\w*|recommend\w*|advis\w*|suggest\w*|urged) (?:\w+ ){0,3}(?:admission|admitting|hospitali[sz]ation|going to (?:the )?(?:er|ed|hospital|emergency))\b|\b(?:home versus hospital|hospital versus home)\b|\b(?:hospital|observation) (?:care|admission|stay) (?:was )?(?:discussed|considered|offered|declined)"
    ))
});
/// In the admitting clinician's own note the story of the admission will do.
pub static ADMITTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"{}|\badmitted\b|\bplaced? (?:this |the )?(?:patient|child|infant) (?:on|in) (?:the |a )?(?:\w+ ){{0,3}}(?:iv|pathway|observation|telemetry|isolation|protocol)|\btelemetry\b|\bto the floor\b|\bnpo\b",
        ADMIT.as_str()
    ))
});
pub static COMFORT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:dnr|dnr/dni|dni|do[- ]not[- ]resuscitate|no code|comfort (?:care|measures)|hospice|withdraw\w* (?:of )?(?:care|support|life)|palliative care|code status (?:was )?discuss\w*|discuss\w* (?:of )?code status|goals of care)\b",
    )
});
pub static PARENTERAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:morphine|dilaudid|hydromorphone|fentanyl|demerol|meperidine|ativan|lorazepam|valium|diazepam|versed|midazolam|ketamine|stadol|nubain)\b[^.;]{0,40}\b(?:iv|i\.v|intravenous\w*|im|i\.m|intramuscular\w*|pca|drip|infusion|push|subcutaneous\w*)\b",
        r"|\b(?:iv|i\.v\.?|intravenous|im|pca|parenteral)(?: \w+){0,2} (?:morphine|dilaudid|hydromorphone|fentanyl|demerol|meperidine|ativan|lorazepam|valium|diazepam|versed|midazolam|ketamine|narcotics?|opioids?|opiates?)\b|\bmorphine pca\b|\bdilaudid pca\b|\bpca pump\b"
    ))
});
pub static MONITOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:monitor\w*|levels?|toxicity|check(?:ed|ing)? (?:\w+ ){0,4}(?:cbc|blood|labs?|lft|creatinine|inr|level)|weekly|monthly|every (?:\w+ )?(?:weeks?|months?|3 months)|counts?|surveillance labs|inr)\b",
    )
});
pub static EMERGENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:emergen\w+|urgent\w*|immediate\w*|stat)\b[^.;]{0,50}\b(?:surg\w+|operat\w+|explor\w+|laparotomy|craniotomy|appendectomy|catheterization|cath\b|angioplasty|intubat\w+|decompression|evacuation|delivery|transfusion|to the or\b)|\b(?:taken|going|proceed|brought|take \w+|rushed) (?:urgently |emergently |immediately )?(?:to|back to) (?:the )?(?:operating room|or\b|cath lab|catheterization laboratory)|\b(?:tpa|t-pa|thrombolytics?|intubated|cardioversion|defibrillat\w+)\b",
    )
});
pub const MAJOR: &str = r"(?:tavr|tavi|transcatheter \w+|nerve stimulator|implantation|\w*arthroplasty|(?:knee|hip|joint|shoulder|valve) replacement|fusion|laminectomy|disk?ectomy|bypass|craniotomy|hysterectomy|colectomy|cholecystectomy|herniorrhaphy|hernia repair|mastectomy|lumpectomy|thyroidectomy|prostatectomy|nephrectomy|lobectomy|rotator cuff repair|reconstruction|open reduction|orif|amputation|tonsillectomy|septoplasty|adenoidectomy|(?:myringotomy|tubes?) (?:\w+ ){0,4}under general|tur\b|turbt|electrofulguration|trans-?sphenoidal|sinus surgery|laparoscop\w+|laparotomy|resection|transplant\w*|pacemaker|defibrillator|icd placement|revasculari[sz]ation|stent(?:ing)?|angioplasty|endarterectomy|sleeve gastrectomy|gastric band\w*|lap[- ]band|fundoplication|orchiopexy|orchiectomy|vitrectomy|cataract (?:surgery|extraction)|carpal tunnel release|arthroscop\w+|meniscectomy|fixation|osteotomy|decompression|cesarean|c-section|tubal ligation|myomectomy|oophorectomy|nissen|roux-en-y|abdominoplasty|mammoplasty|blepharoplasty|rhinoplasty|surgical (?:intervention|repair|management|excision|correction|treatment|option)|surgery|operation|operative intervention|(?:open|surgical|tendon|ligament) repair|bone graft(?:ing)?|tenodesis|neck dissection|parotidectomy|esophagectomy|cystectomy|sling|lithotripsy|turp|turbt|ablation|wide local excision|lap-?band|(?:heart|cardiac) catheterization|implants|lung biopsy|excisional biopsy|thoracotomy|thoracoscop\w+|vats|shunt|ureteroscopy)";
pub const MINOR: &str = r"(?:biops\w+|injections?|excision|incision and drainage|i&d|biops\w+|egd|colonoscopy|endoscopy|cystoscopy|bronchoscopy|catheterization|epidural|nerve block|block|cauteri\w+|cryotherapy|circumcision|tubes?|tympanostomy|debridement|aspiration|thoracentesis|paracentesis|lumbar puncture|nail (?:removal|avulsion)|shave|vasectomy|picc|port|sutur\w+|laceration|removal|drain\w*|leep|colposcopy|hysteroscopy|d&c|dilation)";
pub static SURGERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?:schedul\w+|plan\w*|proceed\w*|recommend\w*|candidate|options?|consent\w*|risks?|benefits?|undergo|opt(?:ed|ing)|interested in|would like|wish\w*|discuss\w*|consider\w*|need\w*|offer\w*|going to|elect\w*|set (?:him|her|up)|prefer\w*|decid\w*|book\w*|require\w*)\b[^.;]{{0,80}}\b{MAJOR}\b|\b{MAJOR}\b[^.;]{{0,60}}\b(?:schedul\w+|recommend\w*|discussed|risks?|consent|offered|indicated|planned|needed|option|warranted|considered|date)\b"
    ))
});
/// Risks of the operation just named.
pub static RISKS_TOLD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:risks?|benefits?|complications?|alternatives?|bleeding|infection|nerve injury|numbness|weakness|perforation|scarring|stroke)\b[^.;]{0,60}\b(?:discussed|explained|reviewed|outlined|understand\w*)\b|\binformed consent\b",
    )
});
/// Sectional imaging or imaging with contrast, ordered.
pub static IMAGING_ORDERED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:order(?:ed|ing)?|obtain\w*|get|schedul\w+|recommend(?:ed)?|proceed with|go ahead (?:and|with)|send (?:him|her|them) for|arrange\w*|will (?:have|need|do|undergo)|with)\b[^.;]{0,50}\b(?:mri|mra|ct\b|cat scan|pet\b|pet[ /-]ct|arthrogram\w*|bone scan|myelogram)",
    )
});
/// Caustics and hemostats of a procedure.
pub static PUT_ON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)silver nitrate|agno3|monsel|aluminum chloride|surgicel|floseal|gelfoam|thrombin|tisseel|fibrin|evicel|bone wax|surgiflo|arista",
    )
});
/// A sentence of the plan that is the name of an operation.
pub static OPERATION_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"^(?:\d+\W+)?(?:\w+ ){{0,3}}{MAJOR}\b[^.]{{0,60}}$")));
pub static MINOR_SURGERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?:schedul\w+|plan\w*|proceed\w*|recommend\w*|consent\w*|risks?|undergo|discuss\w*|consider\w*|need\w*|offer\w*|set (?:him|her|up)|perform\w*|will do|do an?|going to)\b[^.;]{{0,60}}\b{MINOR}\b|\b{MINOR}\b[^.;]{{0,60}}\b(?:planned|scheduled|booked|consent\w*|agreed|today|performed|done)\b"
    ))
});
pub static NO_SURGERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:status post|s/p|history of|had (?:a|an|the|his|her)|underwent|post-?op\w*|previous|prior|since (?:the|his|her)|after (?:the|his|her)|following|healing|recover\w+|years? ago|months? ago|weeks? ago)\b",
    )
});
pub static RISK_FACTOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:mortality|frail\w*|octogenarian|sts (?:score|risk)|asa (?:class )?(?:3|4|iii|iv)\b|risk work-?up|anesthe\w+ risk|at (?:his|her) age|given (?:his|her|the) (?:age|comorbid\w*|copd|ckd|heart)|(?:high|higher|increased|significant|extremely high|elevated|prohibitive|considerable|moderate)(?:er)?[- ]risk|risk factors?|comorbid\w*|co-morbid\w*|cardiac clearance|medical clearance|preoperative clearance|cleared by|on coumadin|anticoagulat\w+|not (?:be )?(?:in his|in her) best interest|poor (?:surgical )?candidate|risk (?:is )?(?:\w+ ){0,2}(?:above average|higher|increased|elevated|greater)|higher in (?:smokers|diabetics)|cardiac risk|on (?:clopidogrel|warfarin|eliquis|apixaban|xarelto|blood thinners?))\b",
    )
});
pub static SOCIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:homeless\w*|unable to afford|can(?:no|')t afford|cannot afford|could not afford|no (?:health |medical )?insurance|uninsured|lost (?:his|her) insurance|lack of (?:insurance|transportation|funds)|no transportation|financial (?:constraints|difficult\w+|reasons|hardship)|food insecurity|unstable housing|shelter|unsafe (?:home|living)|due to (?:the )?cost|because of (?:the )?cost)\b",
    )
});
pub static SUPPORTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:physical therapy|occupational therapy|(?:pt|ot)(?:/ot| and ot| & ot)?(?: ?x ?\d| (?:referral|order\w*|eval\w*|\dx|twice|weekly|program|sessions?|visits?|starts?))|(?:outpt|outpatient|home|hand|start|begin|continue|cont|order|formal|refer\w* (?:to|for)|to) (?:pt|ot)|therapy (?:was|for)|fluid intake|activit(?:y|ies)|pad|pads|drops|splints?|strap|bed rest|ice|heat|elevat(?:e|es|ing|ion of)|brace|cast|boot|crutches|sling|orthotics?|exercise\w*|diet|stretching|compression|moisturi[sz]\w+|over[- ]the[- ]counter|otc|gargles?|fluids|hydration|dressing\w*|bandage|ace wrap|warm compresses?|saline|humidifier|weight loss|hearing aids?|glasses|home exercise|wound care|refer\w*|observ\w+|conservative\w*|monitor\w*|reassur\w+|cpap|shoes|chiropract\w*|injections?|massage|non-?weight|aircast|crutch\w*|limit\w*|avoid\w*|speech therapy|counsel\w+|sunscreen|traction)\b",
    )
});

/// Names sold over the counter in the strength notes usually mean, though the drug is also prescribed.
pub const OVER_THE_COUNTER: &[&str] = &[
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
pub static PRESCRIPTION_STRENGTH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"prescri|\b[68]00 ?(?:mg|milligrams?)|\brx\b|\bscript"));

pub static NEVER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bno (?:history|evidence) of hospice\b|\b(?:dnr|dni|code)\b[^.;]{0,40}\b(?:unchanged|per (?:the )?(?:polst|molst|chart|records?)|on file|in (?:the )?chart|as before)",
    )
});
pub static NO_ADMISSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:npo (?:status )?(?:lifted|discontinued|no longer)|no need for admission|does not (?:need|require) (?:admission|hospitali)|not (?:be )?admitted|on admission|admission labs?|previous(?:ly)? admi|prior admi|last admi|recent(?:ly)? (?:admi|hospitali)|date of admission|was discharged|return to the (?:er|emergency)|if (?:he|she|symptoms|any)|admission medications?|(?:does|did|do) admit|admitted to (?:the )?(?:operating|or\b|same[- ]day)|require (?:her|him) to be admitted|admitted in (?:19|20)\d\d)\b",
    )
});

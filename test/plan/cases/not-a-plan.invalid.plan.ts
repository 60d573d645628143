const definePlan = (plan: object) => plan;
export default definePlan({ proj_out: { gather_dim: 1 } });
